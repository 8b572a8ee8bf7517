import process from 'node:process'
import { test } from 'node:test'
import { testRuntime } from '../helpers/server.ts'
import { killLoop } from '../suites/kill-loop.ts'

const rounds = Number(process.env.DISTD_KILL_ROUNDS ?? 300)

/** From the start of the process to "listening". Asserted here alone: `npm test` runs on whatever machine there is. */
const MAX_START_MS = 2000

test(`distd on ${testRuntime} loses nothing that it acknowledged when it is killed ${rounds} times, and starts in ${MAX_START_MS} ms`, async (t) => {
  const figures = await killLoop(rounds, MAX_START_MS)
  if ('diagnostic' in t) t.diagnostic(figures)
})
