import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freeSpace } from './free-space.ts'

test('freeSpace() tells the free bytes of a device', async () => {
  const free = await freeSpace(tmpdir())
  assert.ok(free !== undefined && free > 0 && Number.isSafeInteger(free))
})

test('freeSpace() of a path that is not there is the error of the machine', async () => {
  await assert.rejects(freeSpace(join(tmpdir(), 'dist-not-there')), { code: 'ENOENT' })
})
