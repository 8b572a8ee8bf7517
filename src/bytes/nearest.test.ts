import assert from 'node:assert/strict'
import test from 'node:test'
import { nearest } from './nearest.ts'

test('nearest() finds what was meant, and nothing when nothing is near', () => {
  const words = ['channel', 'platform', 'path', 'arch']
  assert.equal(nearest('chanel', words), 'channel')
  assert.equal(nearest('Platfrom', words), 'platform')
  assert.equal(nearest('pth', words), 'path')
  assert.equal(nearest('visibility', words), undefined)
})
