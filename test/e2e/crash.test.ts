import { test } from 'node:test'
import { testRuntime } from '../helpers/server.ts'
import { killLoop } from '../suites/kill-loop.ts'

// The rest of the 300 is test/long/crash.test.ts. Deno and the binary share their adapters' code with these two.
const rounds = testRuntime === 'node' || testRuntime === 'bun' ? 40 : 10

test(`distd on ${testRuntime} loses nothing that it acknowledged when it is killed ${rounds} times`, async (t) => {
  const figures = await killLoop(rounds)
  if ('diagnostic' in t) t.diagnostic(figures)
})
