import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attribute, buildSignedData, buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { der, derNull, integer, octets, oid, sequence } from '../../../test/fixtures/der-writer.ts'
import { parseSignedData, type Signer } from './cms.ts'
import { TIMESTAMP_TOKEN, timestampOf } from './timestamp.ts'

const TST_INFO = '1.2.840.113549.1.9.16.1.4'
const SHA256 = '2.16.840.1.101.3.4.2.1'

async function tokenOver(signature: Uint8Array, contentType = TST_INFO): Promise<Uint8Array> {
  const hashed = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(signature)))
  const content = sequence(
    integer(1),
    oid('1.2.3.4'),
    sequence(sequence(oid(SHA256), derNull()), octets(hashed)),
    integer(7),
    der(0x18, utf8('20260916141656Z')),
  )
  return buildSignedData(await buildSigner(), { content, contentType, enclosed: octets(content) })
}

async function signerWith(token: (signature: Uint8Array) => Promise<Uint8Array>): Promise<Signer> {
  const content = utf8('signed text')
  const signed = await buildSignedData(await buildSigner(), { content })
  const [plain] = parseSignedData(signed).signers
  const unsigned = [attribute(TIMESTAMP_TOKEN, await token(plain!.signature))]
  // The token goes beside the signature that it is over; a new one would be another signature.
  const [carrier] = parseSignedData(await buildSignedData(await buildSigner(), { content, unsigned })).signers
  return { ...plain!, unsignedAttributes: carrier!.unsignedAttributes }
}

test('timestampOf() gives the time of a timestamp over this signature', async () => {
  const signer = await signerWith((signature) => tokenOver(signature))
  assert.deepEqual(await timestampOf(signer), new Date('2026-09-16T14:16:56Z'))
})

test('timestampOf() gives nothing for another signature, another content, a damaged token and none', async () => {
  assert.equal(await timestampOf(await signerWith(() => tokenOver(utf8('another signature')))), undefined)
  assert.equal(await timestampOf(await signerWith((signature) => tokenOver(signature, '1.2.3'))), undefined)
  assert.equal(await timestampOf(await signerWith(async () => sequence(integer(1)))), undefined)
  const changed = async (signature: Uint8Array) => {
    const token = await tokenOver(signature)
    const at = new TextDecoder('latin1').decode(token).indexOf('20260916')
    token[at + 3] = 0x37
    return token
  }
  assert.equal(await timestampOf(await signerWith(changed)), undefined)
  const bare = await signerWith((signature) => tokenOver(signature))
  assert.equal(await timestampOf({ ...bare, unsignedAttributes: new Map() }), undefined)
})
