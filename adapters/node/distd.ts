import process from 'node:process'
import { main } from '../distd.ts'
import { processHost } from '../process-host.ts'
import { runtime } from './runtime.ts'

process.exit(await main(runtime, processHost))
