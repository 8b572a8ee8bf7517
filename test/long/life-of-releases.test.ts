import process from 'node:process'
import { test } from 'node:test'
import { checkLife, http, verbs } from '../suites/life-of-releases.ts'

/** Rows of commands for each way in; DISTD_TEST_SEQUENCES asks for fewer or more. */
const SEQUENCES = Number(process.env.DISTD_TEST_SEQUENCES ?? 20_000)
/** DISTD_TEST_SEED repeats a run; without it each run makes rows that nobody has made. */
const SEED = Number(process.env.DISTD_TEST_SEED ?? Date.now() % 2 ** 31)
const HOURS_MS = 6 * 3_600_000

for (const [name, driver] of Object.entries({ verbs, http })) {
  test(`${SEQUENCES} rows of commands leave the world of the model behind: ${name}`, {
    timeout: HOURS_MS,
  }, async (t) => {
    t.diagnostic(await checkLife(driver, SEQUENCES, SEED))
  })
}
