import { test } from 'node:test'
import { testRuntime } from '../helpers/server.ts'
import { bigUpload } from '../suites/big-upload.ts'

// All runtimes send 2 GiB in test/long/big-upload.test.ts.
const mib = testRuntime === 'bun' || testRuntime === 'binary' ? 2048 : 512

test(`dist publish on ${testRuntime} sends ${mib} MiB in memory that does not grow with the file`, async (t) => {
  const figures = await bigUpload(mib)
  if ('diagnostic' in t) t.diagnostic(figures)
})
