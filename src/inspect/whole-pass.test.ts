import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesSource } from '../bytes/byte-source.ts'
import { createBudget } from '../formats/budget.ts'
import { FormatLimitError } from '../formats/format-error.ts'
import { wholePass } from './whole-pass.ts'

const limits = { maxInflatedBytes: 1, maxEntries: 1, maxMs: 40 }
const rest = () => new Promise((resolve) => setTimeout(resolve, 25))

test('wholePass() takes longer than an inspection may, and the clock goes on after it', async () => {
  const budget = createBudget(limits)
  const read = await wholePass(bytesSource(new Uint8Array(8)), budget, async (bytes) => {
    for (let at = 0; at < 4; at++) {
      await rest()
      await bytes.read(at, 1)
      // Readers look at the clock in the middle of a pass.
      budget.tick()
    }
    return 'all'
  })
  assert.equal(read, 'all')
  assert.ok(budget.leftMs() > 0)
  await rest()
  await rest()
  assert.throws(() => budget.tick(), FormatLimitError)
})
