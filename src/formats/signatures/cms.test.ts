import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSignedData, buildSigner, type KeyKind } from '../../../test/fixtures/build-certificate.ts'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { berUnbounded, der, integer, octets, oid, sequence } from '../../../test/fixtures/der-writer.ts'
import { mutate, prefixes, seededRandom } from '../../../test/suites/mutations.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { parseSignedData, verifySigner, verifySignerOf } from './cms.ts'
import { childrenOf, objectIdentifier, octetsOf, parseDer, timeOf } from './der.ts'
import { fingerprintOf, parseCertificate, subjectPart } from './x509.ts'

const content = utf8('signed text')

for (const kind of ['rsa', 'rsa-pss', 'p256', 'p384'] as const satisfies readonly KeyKind[]) {
  test(`verifySigner() tells a signature of ${kind} over these bytes from one over others`, async () => {
    const signer = await buildSigner({ kind })
    const { signers, content: enclosed } = parseSignedData(
      await buildSignedData(signer, { content, enclosed: octets(content) }),
    )
    assert.deepEqual(enclosed, content)
    assert.equal(await verifySignerOf(signers[0]!, content), 'valid')
    assert.equal(await verifySignerOf(signers[0]!, utf8('signed texT')), 'invalid')
  })
}

test('verifySigner() finds a changed attribute and a changed signature', async () => {
  const bytes = await buildSignedData(await buildSigner(), { content })
  const { signers } = parseSignedData(bytes)
  const signer = signers[0]!
  const flipped = (part: Uint8Array) => Uint8Array.from(part, (byte, i) => (i === part.length - 1 ? byte ^ 1 : byte))
  assert.equal(await verifySignerOf({ ...signer, signature: flipped(signer.signature) }, content), 'invalid')
  const signedAttributesDer = flipped(signer.signedAttributesDer!)
  assert.equal(await verifySignerOf({ ...signer, signedAttributesDer }, content), 'invalid')
  const foreign = parseCertificate((await buildSigner()).certificate)
  assert.equal(await verifySignerOf({ ...signer, certificate: foreign }, content), 'invalid')
})

test('verifySigner() says that it cannot tell for a hash or a certificate that it does not have', async () => {
  const { signers } = parseSignedData(await buildSignedData(await buildSigner(), { content }))
  assert.equal(await verifySignerOf({ ...signers[0]!, hash: undefined }, content), 'unsupported')
  assert.equal(await verifySignerOf({ ...signers[0]!, certificate: undefined }, content), 'unsupported')
})

test('a signature without attributes is over the content itself', async () => {
  const bytes = await buildSignedData(await buildSigner(), { content, withoutAttributes: true })
  const signer = parseSignedData(bytes).signers[0]!
  assert.equal(await verifySignerOf(signer, content), 'valid')
  assert.equal(await verifySignerOf(signer, utf8('other')), 'invalid')
  assert.equal(await verifySigner(signer, async () => new Uint8Array(32)), 'unsupported')
})

test('parseSignedData() finds the certificate that the signer names, not the first one', async () => {
  const other = await buildSigner({ serial: 0x4321, subject: [['2.5.4.3', 'Time Stamping']] })
  const signer = await buildSigner({ subject: [['2.5.4.3', 'Publisher']] })
  for (const byKeyId of [false, true]) {
    const others = byKeyId ? [] : [other.certificate]
    const { signers, certificates } = parseSignedData(await buildSignedData(signer, { content, others, byKeyId }))
    assert.equal(certificates.length, others.length + 1)
    assert.equal(signers[0]?.certificate?.subject, 'CN=Publisher')
  }
})

test('parseSignedData() reads BER: lengths by end marks, content in pieces', async () => {
  const signer = await buildSigner()
  const pieces = berUnbounded(0x24, octets(content.subarray(0, 4)), octets(content.subarray(4)))
  const bytes = await buildSignedData(signer, { content, enclosed: pieces })
  const [type, wrapped] = childrenOf(parseDer(bytes))
  const inner = childrenOf(wrapped!)[0]!
  const ber = berUnbounded(0x30, type!.encoded, berUnbounded(0xa0, berUnbounded(0x30, inner.content)))
  const read = parseSignedData(ber)
  assert.deepEqual(read.content, content)
  assert.equal(await verifySignerOf(read.signers[0]!, read.content!), 'valid')
})

test('parseCertificate() reads names, dates and keys as they are', async () => {
  const subject = [
    ['2.5.4.6', 'DE'],
    ['2.5.4.10', 'Example, "Inc"'],
    ['2.5.4.11', 'ABCDE12345'],
    ['2.5.4.3', '#Notes'],
    ['1.2.3.4', 'x'],
  ] as const
  const signer = await buildSigner({ subject, serial: 0xff, notAfter: new Date('2051-02-03T04:05:06Z') })
  const certificate = parseCertificate(signer.certificate)
  assert.equal(certificate.subject, '1.2.3.4=x, CN=\\#Notes, OU=ABCDE12345, O=Example\\, \\"Inc\\", C=DE')
  assert.equal(subjectPart(certificate, 'OU'), 'ABCDE12345')
  assert.equal(certificate.serialHex, '00ff')
  assert.equal(certificate.notBefore.toISOString(), '2020-01-01T00:00:00.000Z')
  assert.equal(certificate.notAfter.toISOString(), '2051-02-03T04:05:06.000Z')
  assert.deepEqual(certificate.publicKey, signer.publicKey)
  assert.equal(certificate.keyIdHex, '01020304')
  assert.match(await fingerprintOf(certificate), /^[0-9a-f]{64}$/)
})

test('objectIdentifier() and timeOf() read the edges of their encodings', () => {
  for (const text of ['2.999.3', '1.2.840.113549.1.9.16.2.14', '0.9.2342.19200300.100.1.1', '2.16.840.1.101.3.4.2.1'])
    assert.equal(objectIdentifier(parseDer(oid(text)), 'test'), text)
  const read = (tag: number, text: string) => timeOf(parseDer(der(tag, utf8(text))), 'test').toISOString()
  assert.equal(read(0x17, '491231235959Z'), '2049-12-31T23:59:59.000Z')
  assert.equal(read(0x17, '500101000000Z'), '1950-01-01T00:00:00.000Z')
  assert.equal(read(0x17, '2006011230+0200'), '2020-06-01T10:30:00.000Z')
  assert.equal(read(0x18, '20260615120000.123Z'), '2026-06-15T12:00:00.000Z')
  for (const wrong of ['20260615', '26131500000Z', '261315000000Z', '260015000000Z', '260615240000Z'])
    assert.throws(() => read(0x17, wrong), FormatError, wrong)
})

test('octet strings within octet strings end at a depth', () => {
  let nested = octets(content)
  for (let depth = 0; depth < 100; depth++) nested = der(0x24, nested)
  assert.throws(() => octetsOf(parseDer(nested)), FormatError)
  let unbounded: Uint8Array = octets(content)
  for (let depth = 0; depth < 100; depth++) unbounded = berUnbounded(0x24, unbounded)
  assert.throws(() => parseDer(unbounded), FormatError)
})

test('lengths and tags beyond reason are refused', () => {
  assert.throws(() => parseDer(Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)), RangeError)
  assert.throws(() => parseDer(Uint8Array.of(0x30, 0x88, 1, 1, 1, 1, 1, 1, 1, 1)), FormatError)
  assert.throws(() => parseDer(Uint8Array.of(0x1f, 0xff, 0xff, 0xff, 0xff, 0x7f)), FormatError)
  assert.throws(() => childrenOf(parseDer(sequence(...Array.from({ length: 10_001 }, () => integer(1))))), FormatError)
})

test('parts of an element of unknown length are read once, however often they are asked for', () => {
  const node = parseDer(berUnbounded(0x30, integer(1), berUnbounded(0x30, integer(2))))
  assert.equal(childrenOf(node), childrenOf(node))
  assert.deepEqual(octetsOf(childrenOf(childrenOf(node)[1]!)[0]!), Uint8Array.of(2))
})

test('no more than 100 000 elements are looked at, whether lengths are known or not', async () => {
  const many = (tag: number, wrap: typeof der) => {
    const group = wrap(
      tag,
      new Uint8Array(18_000).map((_, i) => (i % 2 === 0 ? 4 : 0)),
    )
    return wrap(tag, ...Array.from({ length: 12 }, () => group))
  }
  const tooMany = (error: unknown) => error instanceof FormatLimitError && /too many elements/.test(error.message)
  assert.throws(() => parseDer(many(0x30, berUnbounded)), tooMany)
  assert.throws(() => octetsOf(parseDer(many(0x24, der))), tooMany)
  const lists = childrenOf(parseDer(many(0x30, der)))
  assert.throws(() => lists.map(childrenOf), tooMany)
  // Certificates and attributes count together with what they lie in.
  const signer = await buildSigner()
  const bytes = await buildSignedData(signer, { content, others: Array.from({ length: 12 }, () => many(0x30, der)) })
  assert.throws(() => parseSignedData(bytes), tooMany)
})

test('every prefix and 2 000 damaged copies of signed data end with a verdict or a FormatError', async () => {
  const bytes = await buildSignedData(await buildSigner(), { content, enclosed: octets(content) })
  const random = seededRandom(0xce27)
  const damaged = function* () {
    yield* prefixes(bytes)
    for (let i = 0; i < 2000; i++) yield mutate(bytes, random)
  }
  let verdicts = 0
  for (const copy of damaged()) {
    try {
      const read = parseSignedData(copy)
      for (const signer of read.signers) {
        const verdict = await verifySignerOf(signer, read.content ?? content)
        assert.ok(['valid', 'invalid', 'unsupported'].includes(verdict))
        verdicts++
      }
    } catch (error) {
      if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
    }
  }
  assert.ok(verdicts > 100, String(verdicts))
})
