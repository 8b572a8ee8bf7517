import process from 'node:process'
import { inspectInThread, isInspectThread, main } from '../distd.ts'
import { processHost } from '../process-host.ts'
import { runtime } from './runtime.ts'

if (isInspectThread) inspectInThread()
else process.exit(await main(runtime, { ...processHost, entry: new URL(import.meta.url) }))
