import { nativeScrypt } from '../../adapters/native-scrypt.ts'
import type { Scrypt, ScryptCost } from '../../src/deps.ts'

export interface CountingScrypt {
  readonly scrypt: Scrypt
  /** What was asked for, in order. */
  readonly calls: readonly { readonly cost: ScryptCost; readonly saltBytes: number; readonly keyBytes: number }[]
}

/**
 * The real scrypt with less work in it, which notes what it was asked for: tests give thousands of passwords. The work
 * itself is proved by native-scrypt.test.ts, scrypt-slots.test.ts and every test against a whole server.
 */
export function countingScrypt(): CountingScrypt {
  const calls: CountingScrypt['calls'][number][] = []
  return {
    calls,
    scrypt(password, salt, cost, length) {
      calls.push({ cost, saltBytes: salt.byteLength, keyBytes: length })
      return nativeScrypt(password, salt, { n: 16, r: 1, p: 1 }, length)
    },
  }
}
