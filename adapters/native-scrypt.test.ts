import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, toHex } from '../src/bytes/encoding.ts'
import { nativeScrypt } from './native-scrypt.ts'

const text = (words: string) => new TextEncoder().encode(words)

// RFC 7914 §12.
const VECTORS = [
  {
    password: '',
    salt: '',
    cost: { n: 16, r: 1, p: 1 },
    key: '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
  },
  {
    password: 'password',
    salt: 'NaCl',
    cost: { n: 1024, r: 8, p: 16 },
    key: 'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
  },
  {
    password: 'pleaseletmein',
    salt: 'SodiumChloride',
    cost: { n: 16384, r: 8, p: 1 },
    key: '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  },
] as const

test('nativeScrypt() makes the keys of RFC 7914, each a prefix of the longer one', async () => {
  for (const { password, salt, cost, key } of VECTORS) {
    assert.equal(toHex(await nativeScrypt(text(password), text(salt), cost, 64)), key)
    const short = await nativeScrypt(text(password), text(salt), cost, 32)
    assert.ok(short instanceof Uint8Array)
    assert.deepEqual([...short], [...fromHex(key).subarray(0, 32)])
  }
})

test('nativeScrypt() takes the cost of passwords, and leaves the event loop free meanwhile', async () => {
  const lags: number[] = []
  let last = performance.now()
  const timer = setInterval(() => {
    lags.push(performance.now() - last)
    last = performance.now()
  }, 5)
  const start = performance.now()
  try {
    const keys = await Promise.all([
      nativeScrypt(text('correct horse'), text('salt'), { n: 32_768, r: 8, p: 3 }, 32),
      nativeScrypt(text('correct horse'), text('salt'), { n: 32_768, r: 8, p: 3 }, 32),
    ])
    assert.equal(toHex(keys[0]!), toHex(keys[1]!))
    assert.equal(keys[0]!.byteLength, 32)
  } finally {
    clearInterval(timer)
  }
  const tookMs = performance.now() - start
  assert.ok(tookMs > 50, `${tookMs} ms are too cheap for whoever guesses`)
  // On the event loop the timer would have come once, after all of it.
  assert.ok(lags.length >= 5, `the timer came ${lags.length} times in ${tookMs} ms`)
  assert.ok(Math.max(...lags) < tookMs / 2, `the event loop stood still for ${Math.max(...lags)} of ${tookMs} ms`)
})

test('nativeScrypt() rejects a cost that is none', async () => {
  await assert.rejects(nativeScrypt(text('x'), text('y'), { n: 1000, r: 8, p: 1 }, 32))
})
