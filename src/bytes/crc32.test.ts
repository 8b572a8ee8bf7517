import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from './crc32.ts'

test('crc32() gives the check value of the standard', () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926)
  assert.equal(crc32(new Uint8Array(0)), 0)
  assert.equal(crc32(new Uint8Array(1 << 20)), 0xa738ea1c)
})

test('crc32() goes on from the checksum of what came before', () => {
  const encode = (text: string) => new TextEncoder().encode(text)
  assert.equal(crc32(encode('6789'), crc32(encode('12345'))), 0xcbf43926)
})
