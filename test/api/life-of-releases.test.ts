import { test } from 'node:test'
import { checkLife, http, verbs } from '../suites/life-of-releases.ts'

const SEED = 0x5eed

test('any row of commands on the verbs leaves the world of the model behind', async (t) => {
  t.diagnostic(await checkLife(verbs, 20, SEED))
})

test('any row of requests with tokens of different rights leaves the world of the model behind', async (t) => {
  t.diagnostic(await checkLife(http, 10, SEED))
})
