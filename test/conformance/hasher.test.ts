import { test } from 'node:test'
import { nativeHasher } from '../../adapters/native-hasher.ts'
import { nobleHasher } from '../../src/bytes/digest.ts'
import { hasherCases } from '../suites/hasher.ts'

for (const { name, run } of hasherCases) {
  test(`nativeHasher() ${name}`, () => run(nativeHasher))
  test(`nobleHasher() ${name}`, () => run(nobleHasher))
}
