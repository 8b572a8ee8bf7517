import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { integer, sequence } from '../../../test/fixtures/der-writer.ts'
import { fromBase64 } from '../../bytes/encoding.ts'
import { verifySignature } from './verify-signature.ts'

/** Made by openssl: `dsaparam -genkey 1024`, `dgst -sha256 -sign`. */
const PUBLIC_KEY = fromBase64(
  'MIIBwDCCATQGByqGSM44BAEwggEnAoGBANDySCm9OhNOkePVDmwD/CtVYxQ7BLPcXXXWettWeg4iVIcWUnoJnZmgeX56zfZo1QceXshhh25KTzAV2CWWON7zCkq+I8ow+WjP0/Dv9dNy5xPosrDSJt3F24K/menMJHMTuI3OX5PiqRCRF7i0eqoWLggLogEVJEDmvg3sLj77Ah0AxuQBQToOuCp3NwhODyHu3BDrJIsviQRidkwSOwKBgQCWk45Q89jovcJOjiMSX66HTqIx90auACinQUYUiU2OUz/d1TLSPP3YNm7UObxk/bstcQWBVvzaGLeTqceZE/vu4gs6IjFEjHWqLUw56AOe06AzudNWsnNxiV2GPQcNVBs/LI8uK8oZfPkycrRvLM1rxBgvS5cGPocJy43CVOcbpQOBhQACgYEAx5c0LV/Bj/+vJWIuz6NeelpYIS10c5137EZJj/wVD2nCwxijgiZeqPARphh1snWN9mm+5DYSXkmcZTUK2wk85RGUnvgp9YzKw/I7u2cai5Rk/20NESCX1q7RYnOW4DEKDCudPzWISATimDN6so7v+oILN5hoFwT78NgwmzSD0aE=',
)
const SIGNATURE = fromBase64('MDwCHBHqNCbDVBSrymG2SOK1UFq5tta6AxiAAZb5+SkCHAUZyIBk99HNVi3iulitAccJDuqnZNR/8QjS2hA=')

const verify = (signature: Uint8Array, text: string, kind: 'dsa' | 'ecdsa' = 'dsa') =>
  verifySignature({ kind, hash: 'SHA-256' }, PUBLIC_KEY, signature, utf8(text))

test('a DSA signature of openssl holds, and not over another text', async () => {
  assert.equal(await verify(SIGNATURE, 'signed text'), 'valid')
  assert.equal(await verify(SIGNATURE, 'signed texT'), 'invalid')
})

test('a DSA signature out of range, or said to be of another kind, is invalid', async () => {
  assert.equal(await verify(sequence(integer(0), integer(1)), 'signed text'), 'invalid')
  assert.equal(await verify(sequence(integer(1), integer(0)), 'signed text'), 'invalid')
  assert.equal(await verify(sequence(integer(1), integer(1)), 'signed text'), 'invalid')
  assert.equal(await verify(SIGNATURE, 'signed text', 'ecdsa'), 'invalid')
})
