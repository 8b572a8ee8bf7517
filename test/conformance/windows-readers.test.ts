import { test } from 'node:test'
import { createBudget } from '../../src/formats/budget.ts'
import { FormatError } from '../../src/formats/format-error.ts'
import { mutate, prefixes, seededRandom } from '../suites/mutations.ts'
import { WINDOWS_READERS } from '../suites/windows-readers.ts'

const budget = () => createBudget({ maxInflatedBytes: 8 << 20, maxEntries: 1000, maxMs: 5000 })

for (const { name, fixture, read } of WINDOWS_READERS) {
  test(`${name} reads its fixture`, async () => {
    await read(fixture, budget())
  })

  test(`${name} ends every prefix and 2 000 damaged copies with a value or a FormatError`, {
    timeout: 120_000,
  }, async () => {
    const random = seededRandom(0x5eed)
    const damaged = function* () {
      yield* prefixes(fixture)
      for (let i = 0; i < 2000; i++) yield mutate(fixture, random)
    }
    for (const bytes of damaged()) {
      try {
        await read(bytes, budget())
      } catch (error) {
        if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
      }
    }
  })
}
