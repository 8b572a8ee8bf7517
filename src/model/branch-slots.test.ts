import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slotsFor } from './branch.ts'

const asked = (platform: 'linux' | 'any', arch: 'x64' | 'any' | 'universal') =>
  slotsFor({ platform, arch }).map((slot) => `${slot.platform}-${slot.arch}`)

test('slotsFor() goes from the machine itself to what runs anywhere', () => {
  assert.deepEqual(asked('linux', 'x64'), ['linux-x64', 'linux-universal', 'linux-any', 'any-x64', 'any-any'])
})

test('slotsFor() never takes what is for one arch when none is named', () => {
  for (const slot of [...asked('any', 'any'), ...asked('linux', 'any')]) assert.match(slot, /-(?:any|universal)$/)
})
