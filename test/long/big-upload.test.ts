import { test } from 'node:test'
import { testRuntime } from '../helpers/server.ts'
import { bigUpload } from '../suites/big-upload.ts'

test(`dist publish on ${testRuntime} sends 2 GiB in memory that does not grow with the file`, async (t) => {
  const figures = await bigUpload(2048)
  if ('diagnostic' in t) t.diagnostic(figures)
})
