import assert from 'node:assert/strict'
import { createBudget } from '../../src/formats/budget.ts'
import { FormatError } from '../../src/formats/format-error.ts'
import { assertInTime, HOSTILE_LIMITS } from './budgets.ts'
import type { ReaderSubject } from './reader-subjects.ts'

/** A reader must end damaged bytes with a value, a FormatError or a RangeError, within its budget of time. */
export async function judgeReading(subject: ReaderSubject, bytes: Uint8Array, label: string): Promise<void> {
  await assertInTime(`${subject.name}, ${label},`, HOSTILE_LIMITS.maxMs, async () => {
    try {
      await subject.read(bytes, createBudget(HOSTILE_LIMITS))
    } catch (error) {
      if (!(error instanceof FormatError) && !(error instanceof RangeError))
        throw new Error(`${subject.name} threw for ${label}`, { cause: error })
      // A RangeError that the engine throws, and no reader.
      assert.doesNotMatch(String(error), /call stack|Invalid (?:typed )?array|allocation/i, label)
    }
  })
}
