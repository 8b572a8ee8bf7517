import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApk } from '../../../test/fixtures/build-apk.ts'
import { buildSignedData, buildSigner, type TestSigner } from '../../../test/fixtures/build-certificate.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { context, oid, sequence, set } from '../../../test/fixtures/der-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { readZipDirectory } from '../../formats/archive/zip.ts'
import { createBudget } from '../../formats/budget.ts'
import { FormatLimitError } from '../../formats/format-error.ts'
import { childrenOf, parseDer } from '../../formats/signatures/der.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'
import { readJarSignatures } from './jar-signatures.ts'

const MAIN = 'Manifest-Version: 1.0\r\n\r\n'
const section = (name: string, digest: string) => `Name: ${name}\r\nSHA-256-Digest: ${digest}\r\n\r\n`
/** The digests of members are not looked at. */
const A = section('a.txt', 'h0KPxSKAPTEGXnvOPPA/5HUJZjHl4Hu9eg/eYMTPJcc=')
const LONG = section(`${'b'.repeat(66)}\r\n bb.txt`, 'AmOCmYm2/ZVPcrqvL8ZLwuLwHWktTecphuqAj26ZgT8=')

async function base64(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(utf8(text))))
  return btoa(String.fromCharCode(...digest))
}

/** A signature file as `jarsigner` writes it, over a manifest of these sections. */
async function listOf(...sections: readonly string[]): Promise<string> {
  const lines = [
    'Signature-Version: 1.0',
    `SHA-256-Digest-Manifest: ${await base64([MAIN, ...sections].join(''))}`,
    `SHA-256-Digest-Manifest-Main-Attributes: ${(await base64(MAIN)).slice(0, 30)}`,
    ` ${(await base64(MAIN)).slice(30)}`,
  ]
  let text = `${lines.join('\r\n')}\r\n\r\n`
  for (const one of sections) text += section(/^Name: (.*(?:\r\n .*)?)\r\nSHA/.exec(one)![1]!, await base64(one))
  return text
}

const blockOf = (signer: TestSigner, list: string) =>
  buildSignedData(signer, { content: utf8(list), withoutAttributes: true })

async function statesOf(members: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
  const extra = Object.entries(members).map(([name, data]) => ({ name: `META-INF/${name}`, data }))
  const source = bytesSource(buildApk({ extra }))
  const budget = createBudget(DEFAULT_LIMITS)
  const signatures = await readJarSignatures(source, await readZipDirectory(source, budget), budget)
  return signatures.map(({ state }) => state)
}

test('readJarSignatures() takes a list by its sections when somebody else added members and signed too', async () => {
  const [first, second] = [await buildSigner(), await buildSigner({ kind: 'rsa' })]
  const [own, both] = [await listOf(A), await listOf(A, LONG)]
  const signed = {
    'A.SF': own,
    'A.EC': await blockOf(first, own),
    'B.SF': both,
    'B.RSA': await blockOf(second, both),
  }
  const states = (manifest: string) => statesOf({ 'MANIFEST.MF': manifest, ...signed })
  assert.deepEqual(await states(MAIN + A + LONG), ['unverified', 'unverified'])
  assert.deepEqual(await states(MAIN + LONG + A), ['unverified', 'unverified'])
  assert.deepEqual(await states(`${MAIN}${A}\r\n${LONG}`), ['unverified', 'unverified'])
  assert.deepEqual(await states(MAIN + A), ['unverified', 'invalid'])
  assert.deepEqual(await states(MAIN + LONG), ['invalid', 'invalid'])
  assert.deepEqual(await states(MAIN + A.replace('h0KP', 'h0KQ') + LONG), ['invalid', 'invalid'])
  assert.deepEqual(await states(MAIN.replace('1.0', '1.1') + A + LONG), ['invalid', 'invalid'])
  assert.deepEqual(await states(`${MAIN}${A}${A}${LONG}`), ['invalid', 'invalid'])
})

test('readJarSignatures() finds a manifest that was changed when a list has no sections, or only those', async () => {
  const signer = await buildSigner()
  const [main] = (await listOf(A)).split('Name: ')
  const whole = { 'A.SF': main!, 'A.EC': await blockOf(signer, main!) }
  assert.deepEqual(await statesOf({ 'MANIFEST.MF': MAIN + A, ...whole }), ['unverified'])
  assert.deepEqual(await statesOf({ 'MANIFEST.MF': MAIN + A + LONG, ...whole }), ['invalid'])
  const list = (await listOf(A)).replace(/SHA-256-Digest-Manifest: .*\r\n/, '')
  const parts = { 'A.SF': list, 'A.EC': await blockOf(signer, list) }
  assert.deepEqual(await statesOf({ 'MANIFEST.MF': MAIN + A, ...parts }), ['unverified'])
  assert.deepEqual(await statesOf({ 'MANIFEST.MF': MAIN + A.replace('h0KP', 'h0KQ'), ...parts }), ['invalid'])
})

test('readJarSignatures() finds a list that was changed after signing', async () => {
  const list = await listOf(A)
  const block = await blockOf(await buildSigner(), list)
  assert.deepEqual(await statesOf({ 'MANIFEST.MF': MAIN + A, 'A.SF': list, 'A.EC': block }), ['unverified'])
  assert.deepEqual(await statesOf({ 'MANIFEST.MF': MAIN + A, 'A.SF': `${list} `, 'A.EC': block }), ['invalid'])
})

test('readJarSignatures() tries only so many signers', async () => {
  const list = await listOf(A)
  const block = childrenOf(childrenOf(childrenOf(parseDer(await blockOf(await buildSigner(), 'else')))[1]!)[0]!)
  const [signer] = childrenOf(block.at(-1)!)
  const signers = (count: number) =>
    sequence(
      oid('1.2.840.113549.1.7.2'),
      context(
        0,
        sequence(
          concat(...block.slice(0, -1).map(({ encoded }) => encoded)),
          set(...new Array<Uint8Array>(count).fill(signer!.encoded)),
        ),
      ),
    )
  const manifest = { 'MANIFEST.MF': MAIN + A, 'A.SF': list, 'B.SF': list }
  assert.deepEqual(await statesOf({ ...manifest, 'A.EC': signers(15), 'B.EC': signers(1) }), ['invalid', 'invalid'])
  await assert.rejects(statesOf({ ...manifest, 'A.EC': signers(16), 'B.EC': signers(1) }), FormatLimitError)
})
