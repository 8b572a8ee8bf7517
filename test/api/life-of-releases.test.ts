import { test } from 'node:test'
import { runtimeName } from '../conformance/runtime-name.ts'
import { checkLife, http, verbs } from '../suites/life-of-releases.ts'

/** The same rows of commands in every run; the long tests make others. */
const SEED = 0x5eed
/** The product is the same on all runtimes: one of them runs it through thousands of rows, the others show that it is. */
const SHARE = runtimeName === 'node' ? 1 : 1 / 8

test('any row of commands leaves the world of the model behind, by the verbs', { timeout: 300_000 }, async (t) => {
  t.diagnostic(await checkLife(verbs, 2000 * SHARE, SEED))
})

test('any row of requests leaves the world of the model behind, with tokens of different rights', {
  timeout: 300_000,
}, async (t) => {
  t.diagnostic(await checkLife(http, 160 * SHARE, SEED))
})
