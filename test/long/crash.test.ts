import process from 'node:process'
import { test } from 'node:test'
import { testRuntime } from '../helpers/server.ts'
import { killLoop } from '../suites/kill-loop.ts'

const rounds = Number(process.env.DISTD_KILL_ROUNDS ?? 300)

test(`distd on ${testRuntime} loses nothing that it acknowledged when it is killed ${rounds} times`, async (t) => {
  const figures = await killLoop(rounds)
  if ('diagnostic' in t) t.diagnostic(figures)
})
