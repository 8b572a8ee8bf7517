import { bytesSource } from '../../src/bytes/byte-source.ts'
import {
  PROOF_OF_ROTATION,
  parseApkSigners,
  parseLineage,
  readSigningBlock,
  V2_BLOCK,
  V3_BLOCK,
  V31_BLOCK,
} from '../../src/formats/android/apk-signing-block.ts'
import { decodeLatin1 } from '../../src/formats/decode-text.ts'
import { FormatError, FormatLimitError } from '../../src/formats/format-error.ts'
import { decodePgpText } from '../../src/formats/linux/openpgp.ts'
import { parseSignedData, type Signer, signingTime, verifySignerOf } from '../../src/formats/signatures/cms.ts'
import {
  bitsOf,
  childrenOf,
  type DerNode,
  integerOf,
  objectIdentifier,
  octetsOf,
  parseDer,
  partsOf,
  SEQUENCE,
  textOf,
  timeOf,
} from '../../src/formats/signatures/der.ts'
import { verifyDsa } from '../../src/formats/signatures/dsa.ts'
import { MICROSOFT_TIMESTAMP_TOKEN, timestampOf } from '../../src/formats/signatures/timestamp.ts'
import { signatureAlgorithm, verifySignature } from '../../src/formats/signatures/verify-signature.ts'
import { fingerprintOf, parseCertificate, rsaBits, subjectPart } from '../../src/formats/signatures/x509.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { signDigest } from '../fixtures/build-authenticode.ts'
import { buildSigner, signatureAlgorithmDer, signWith, type TestSigner } from '../fixtures/build-certificate.ts'
import { buildProfile } from '../fixtures/build-profile.ts'
import { concat, utf8 } from '../fixtures/byte-writer.ts'
import { bits, der, oid, sequence } from '../fixtures/der-writer.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import type { ReaderSubject } from './reader-subjects.ts'

const rsa = await buildSigner({ kind: 'rsa' })
const pss = await buildSigner({ kind: 'rsa-pss' })
const elliptic = await buildSigner({
  subject: [
    ['2.5.4.3', 'N\u00f6tes, "Example" + Inc'],
    ['2.5.4.11', 'ABCDE12345'],
  ],
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'],
})
const profile = (ber: boolean) => buildProfile({ type: 'development', signer: elliptic, ber })

/** A timestamp over the signature of `timestamped`, without that signature. */
const timestamped = parseSignedData(
  await signDigest(rsa, new Uint8Array(32), { timestamp: new Date('2023-05-06T07:08:09Z') }),
).signers[0]!
const token = timestamped.unsignedAttributes.get(MICROSOFT_TIMESTAMP_TOKEN)![0]!.encoded

/** The signing block alone, which stands before the central directory. */
const unsigned = buildApk()
const signedApk = await signApk(unsigned, [
  { scheme: 2, signer: elliptic, protects: 3 },
  { scheme: 3, signer: elliptic, maxSdk: 32 },
  { scheme: 3.1, signer: await buildSigner(), minSdk: 33, lineage: [elliptic] },
])
const directoryOffset = (zip: Uint8Array) => new DataView(zip.buffer).getUint32(zip.length - 6, true)
const signingBlock = signedApk.slice(directoryOffset(Uint8Array.from(unsigned)), directoryOffset(signedApk))
const [rotated] = parseApkSigners(
  (await readSigningBlock(bytesSource(signingBlock), { directoryOffset: signingBlock.length }))!.values.get(V31_BLOCK)!,
  true,
)
const lineage = rotated!.attributes.get(PROOF_OF_ROTATION)!

/** Numbers of the size of real keys; the arithmetic takes as long for them as for primes. */
const number = (size: number, last: number) =>
  der(2, concat(Uint8Array.of(0x7f), new Uint8Array(size - 2), Uint8Array.of(last)))
const dsaKey = sequence(
  sequence(oid('1.2.840.10040.4.1'), sequence(number(256, 1), number(32, 3), number(255, 5))),
  bits(number(254, 7)),
)
const dsaSignature = sequence(number(31, 9), number(31, 11))

/** Every element, and each as whatever it may be. */
function readTree(root: DerNode): void {
  const open = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const element = node
    const readers = element.constructed
      ? [
          () => void open.push(...childrenOf(element)),
          () => octetsOf(element),
          () => partsOf(element, SEQUENCE, 'sample'),
        ]
      : [
          () => octetsOf(element),
          () => bitsOf(element, 'sample'),
          () => objectIdentifier(element, 'sample'),
          () => integerOf(element, 'sample'),
          () => timeOf(element, 'sample'),
          () => textOf(element),
        ]
    for (const read of readers) {
      try {
        read()
      } catch (error) {
        if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
        if (error instanceof FormatLimitError) throw error
      }
    }
  }
}

async function verifyAll(bytes: Uint8Array): Promise<void> {
  const signed = parseSignedData(bytes)
  for (const signer of signed.signers) {
    signingTime(signer)
    await verifySignerOf(signer, signed.content ?? new Uint8Array(0))
  }
}

/** A key and a signature beside each other. */
async function keySubject(signer: TestSigner): Promise<ReaderSubject> {
  const data = utf8('signed text')
  const signature = await signWith(signer, data)
  return {
    name: `verifySignature() of ${signer.kind}`,
    fixture: concat(signatureAlgorithmDer(signer.kind), signer.publicKey, signature),
    read(bytes) {
      const algorithm = parseDer(bytes)
      const key = parseDer(bytes.subarray(algorithm.encoded.length))
      const rest = bytes.subarray(algorithm.encoded.length + key.encoded.length)
      return verifySignature(signatureAlgorithm(algorithm), key.encoded, rest, data)
    },
  }
}

/** Readers of signatures and what they are made of. */
export const SIGNATURE_READERS: readonly ReaderSubject[] = [
  ...(await Promise.all(
    [true, false].map(
      async (ber): Promise<ReaderSubject> => ({
        name: `parseDer() in ${ber ? 'BER' : 'DER'}`,
        fixture: await profile(ber),
        read: (bytes) => readTree(parseDer(bytes)),
      }),
    ),
  )),
  ...[rsa, elliptic].map(
    (signer): ReaderSubject => ({
      name: `parseCertificate() and rsaBits() of ${signer.kind}`,
      fixture: signer.certificate,
      async read(bytes) {
        const certificate = parseCertificate(bytes)
        subjectPart(certificate, '2.5.4.11')
        rsaBits(certificate.publicKey)
        await fingerprintOf(certificate)
      },
    }),
  ),
  ...(await Promise.all(
    [true, false].map(
      async (ber): Promise<ReaderSubject> => ({
        name: `parseSignedData() and verifySignerOf() in ${ber ? 'BER' : 'DER'}`,
        fixture: await profile(ber),
        read: verifyAll,
      }),
    ),
  )),
  {
    name: 'timestampOf()',
    fixture: token,
    read(bytes) {
      const unsignedAttributes = new Map([[MICROSOFT_TIMESTAMP_TOKEN, [parseDer(bytes)]]])
      const signer: Signer = { ...timestamped, unsignedAttributes }
      return timestampOf(signer, MICROSOFT_TIMESTAMP_TOKEN)
    },
  },
  ...(await Promise.all([rsa, pss, elliptic].map(keySubject))),
  {
    name: 'verifyDsa()',
    fixture: concat(dsaKey, dsaSignature),
    read(bytes) {
      const key = parseDer(bytes)
      return verifyDsa(key.encoded, bytes.subarray(key.encoded.length), new Uint8Array(32).fill(0xa5))
    },
  },
  {
    name: 'readSigningBlock() and parseApkSigners()',
    fixture: signingBlock,
    async read(bytes) {
      const block = await readSigningBlock(bytesSource(bytes), { directoryOffset: bytes.length })
      for (const id of [V2_BLOCK, V3_BLOCK, V31_BLOCK]) {
        const value = block?.values.get(id)
        if (value === undefined) continue
        for (const { certificates } of parseApkSigners(value, id !== V2_BLOCK)) certificates.map(parseCertificate)
      }
    },
  },
  {
    name: 'parseLineage()',
    fixture: lineage,
    read: (bytes) => parseLineage(bytes).map(({ certificate }) => parseCertificate(certificate)),
  },
  {
    name: 'decodePgpText()',
    fixture: utf8('-----BEGIN PGP SIGNATURE-----\nVersion: 1\n\niHUEABYKAB0=\n=aBcD\n-----END PGP SIGNATURE-----\n'),
    read: (bytes) => decodePgpText(decodeLatin1(bytes)),
  },
]
