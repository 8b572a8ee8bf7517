import { toHex } from '../../bytes/encoding.ts'
import { type ContentDigest, digestApk } from '../../formats/android/apk-digest.ts'
import {
  type ApkSigner,
  type LineageNode,
  PROOF_OF_ROTATION,
  parseApkSigners,
  parseLineage,
  ROTATION_MIN_SDK,
  readSigningBlock,
  type SigningBlock,
  STRIPPING_PROTECTION,
  V2_BLOCK,
  V3_BLOCK,
  V31_BLOCK,
} from '../../formats/android/apk-signing-block.ts'
import type { ZipDirectory } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { isDamage } from '../../formats/format-error.ts'
import { type SignatureAlgorithm, type Verdict, verifySignature } from '../../formats/signatures/verify-signature.ts'
import { type Certificate, fingerprintOf, parseCertificate } from '../../formats/signatures/x509.ts'
import type { Signature, SignatureScheme } from '../../model/inspection.ts'
import type { ArtifactSource } from '../inspector.ts'
import { certificateFacts } from '../signature-facts.ts'
import { wholePass } from '../whole-pass.ts'
import { type JarSignature, readJarSignatures } from './jar-signatures.ts'

/** A signature with what findings about it need. */
export interface ApkSignature {
  readonly facts: Signature
  readonly certificate: Certificate | undefined
  /** Why its state is what it is, for a sentence; undefined when it is valid. */
  readonly reason: string | undefined
}

export interface ApkSignatures {
  /** Strongest scheme first: the order in which Android goes by them. */
  readonly signatures: readonly ApkSignature[]
  /** Schemes that a signature says there are and that are gone, in words: somebody took them out. */
  readonly stripped: readonly string[]
}

/** Signature algorithms (AOSP, "Signature Algorithm IDs") with the digest of the contents that belongs to them. */
const ALGORITHMS: ReadonlyMap<number, { readonly signature: SignatureAlgorithm; readonly digest: ContentDigest }> =
  new Map([
    [0x0101, { signature: { kind: 'rsa-pss', hash: 'SHA-256', saltBytes: 32 }, digest: 'SHA-256' }],
    [0x0102, { signature: { kind: 'rsa-pss', hash: 'SHA-512', saltBytes: 64 }, digest: 'SHA-512' }],
    [0x0103, { signature: { kind: 'rsa-pkcs1', hash: 'SHA-256' }, digest: 'SHA-256' }],
    [0x0104, { signature: { kind: 'rsa-pkcs1', hash: 'SHA-512' }, digest: 'SHA-512' }],
    [0x0201, { signature: { kind: 'ecdsa', hash: 'SHA-256' }, digest: 'SHA-256' }],
    [0x0202, { signature: { kind: 'ecdsa', hash: 'SHA-512' }, digest: 'SHA-512' }],
    // DSA, which Web Crypto does not have.
    [0x0301, { signature: { kind: 'dsa', hash: 'SHA-256' }, digest: 'SHA-256' }],
    [0x0421, { signature: { kind: 'rsa-pkcs1', hash: 'SHA-256' }, digest: 'verity' }],
    [0x0423, { signature: { kind: 'ecdsa', hash: 'SHA-256' }, digest: 'verity' }],
    [0x0425, { signature: { kind: 'dsa', hash: 'SHA-256' }, digest: 'verity' }],
  ])

const SCHEMES: readonly { readonly id: number; readonly scheme: SignatureScheme; readonly withSdk: boolean }[] = [
  { id: V31_BLOCK, scheme: 'apk-v3.1', withSdk: true },
  { id: V3_BLOCK, scheme: 'apk-v3', withSdk: true },
  { id: V2_BLOCK, scheme: 'apk-v2', withSdk: false },
]

/** A signer whose signature over its own data was judged; the digests in that data were not yet. */
interface Judged {
  readonly scheme: SignatureScheme
  readonly signer: ApkSigner | undefined
  readonly certificate: Certificate | undefined
  readonly lineage: readonly string[]
  readonly verdict: Verdict
  readonly reason: string | undefined
}

/**
 * Reads the signatures of an APK. v2, v3 and v3.1 are verified: the signature over the signed data, the certificate's
 * key, the proof of rotation, and the digests over the whole file. Of v1 the certificate is read, and its lists are
 * verified, but not each member.
 *
 * @throws FormatLimitError by `budget`; errors of the source
 */
export async function readApkSignatures(
  source: ArtifactSource,
  directory: ZipDirectory,
  budget: Budget,
): Promise<ApkSignatures> {
  const block = await blockOf(source, directory)
  const judged: Judged[] = []
  if (block === 'damaged') judged.push(unreadable('apk-v2', 'the signing block cannot be read'))
  else if (block !== undefined) for (const scheme of SCHEMES) judged.push(...(await judgeScheme(block, scheme, budget)))
  const digests =
    typeof block === 'object'
      ? await digestsOf(source, directory, block, judged, budget)
      : new Map<ContentDigest, string>()
  const signatures: ApkSignature[] = []
  for (const one of judged) signatures.push(await withDigests(one, digests))
  const jar = await readJarSignatures(source, directory, budget)
  for (const signature of jar) signatures.push(await jarSignature(signature))
  return { signatures: signatures.slice(0, MAX_SIGNATURES), stripped: strippedSchemes(judged, jar) }
}

/** As many as the model keeps. */
const MAX_SIGNATURES = 16

async function blockOf(source: ArtifactSource, directory: ZipDirectory): Promise<SigningBlock | 'damaged' | undefined> {
  try {
    return await readSigningBlock(source, directory)
  } catch (error) {
    // Wrong bytes of a signature make the signature invalid and leave the package readable.
    if (!isDamage(error)) throw error
    return 'damaged'
  }
}

function unreadable(scheme: SignatureScheme, reason: string): Judged {
  return { scheme, signer: undefined, certificate: undefined, lineage: [], verdict: 'invalid', reason }
}

async function judgeScheme(
  block: SigningBlock,
  { id, scheme, withSdk }: (typeof SCHEMES)[number],
  budget: Budget,
): Promise<Judged[]> {
  const value = block.values.get(id)
  if (value === undefined) return []
  try {
    const signers = parseApkSigners(value, withSdk)
    if (signers.length === 0) return [unreadable(scheme, 'it has no signer')]
    const judged: Judged[] = []
    for (const signer of signers) {
      judged.push(await judgeSigner(scheme, signer, budget))
    }
    return judged
  } catch (error) {
    // Wrong bytes of a signature make the signature invalid and leave the package readable.
    if (!isDamage(error)) throw error
    return [unreadable(scheme, 'it cannot be read')]
  }
}

async function judgeSigner(scheme: SignatureScheme, signer: ApkSigner, budget: Budget): Promise<Judged> {
  const [first] = signer.certificates
  if (first === undefined) return unreadable(scheme, 'it has no certificate')
  const certificate = parseCertificate(first)
  const base = { scheme, signer, certificate, lineage: [] }
  const wrong = (reason: string): Judged => ({ ...base, verdict: 'invalid', reason })
  if (toHex(certificate.publicKey) !== toHex(signer.publicKey)) return wrong('its key is not that of its certificate')
  const algorithms = signer.signatures.map(({ algorithm }) => algorithm)
  if (algorithms.join() !== signer.digests.map(({ algorithm }) => algorithm).join())
    return wrong('its signatures and its digests do not belong together')
  if (algorithms.length === 0) return wrong('it has no signature')
  if (new Set(algorithms).size < algorithms.length) return wrong('it has several signatures of one kind')
  let verdict: Verdict = 'unsupported'
  for (const { algorithm, value } of signer.signatures) {
    budget.tick()
    const one = await verifySignature(ALGORITHMS.get(algorithm)?.signature, signer.publicKey, value, signer.signedData)
    if (one === 'invalid') return wrong('the signature is not by the key of its certificate')
    if (one === 'valid') verdict = 'valid'
  }
  const rotation = signer.attributes.get(PROOF_OF_ROTATION)
  const lineage = rotation === undefined ? [] : await lineageOf(parseLineage(rotation), certificate, budget)
  if (lineage === undefined) return wrong('its proof of rotation does not hold')
  const reason = verdict === 'valid' ? undefined : 'it is made in a way that is not known here'
  return { ...base, lineage, verdict, reason }
}

/** Fingerprints before the signer's own, oldest first; undefined when one certificate did not sign the next. */
async function lineageOf(
  nodes: readonly LineageNode[],
  signer: Certificate,
  budget: Budget,
): Promise<string[] | undefined> {
  const fingerprints: string[] = []
  let before: { readonly certificate: Certificate; readonly algorithm: number } | undefined
  for (const node of nodes) {
    budget.tick()
    const certificate = parseCertificate(node.certificate)
    if (before !== undefined) {
      const algorithm = ALGORITHMS.get(before.algorithm)?.signature
      const verdict = await verifySignature(algorithm, before.certificate.publicKey, node.signature, node.signedData)
      if (verdict !== 'valid' || node.signedWith !== before.algorithm) return undefined
    }
    const fingerprint = await fingerprintOf(certificate)
    if (fingerprints.includes(fingerprint)) return undefined
    fingerprints.push(fingerprint)
    before = { certificate, algorithm: node.algorithm }
  }
  return fingerprints.pop() === (await fingerprintOf(signer)) ? fingerprints : undefined
}

/** One pass over the file for all signers; none when no signature holds anyway. */
async function digestsOf(
  source: ArtifactSource,
  directory: ZipDirectory,
  block: SigningBlock,
  judged: readonly Judged[],
  budget: Budget,
): Promise<Map<ContentDigest, string>> {
  const kinds = new Set<ContentDigest>()
  for (const { signer, verdict } of judged) {
    if (verdict === 'valid') for (const kind of kindsOf(signer)) kinds.add(kind)
  }
  if (kinds.size === 0) return new Map()
  // Verity asks for padded entries: without it the digest cannot be right, and the others still can.
  if (block.offset % 4096 !== 0) kinds.delete('verity')
  const { directoryOffset, endRecordOffset } = directory
  const contents = { blockOffset: block.offset, directoryOffset, endRecordOffset }
  const digests = await wholePass(source, budget, (bytes) => digestApk(bytes, contents, kinds))
  return new Map([...digests].map(([kind, digest]) => [kind, toHex(digest)]))
}

function kindsOf(signer: ApkSigner | undefined): ContentDigest[] {
  return (signer?.digests ?? []).flatMap(({ algorithm }) => ALGORITHMS.get(algorithm)?.digest ?? [])
}

async function withDigests(judged: Judged, digests: ReadonlyMap<ContentDigest, string>): Promise<ApkSignature> {
  const { scheme, signer, certificate, lineage } = judged
  let { verdict, reason } = judged
  if (verdict === 'valid') {
    const fits = signer!.digests.every(({ algorithm, value }) => {
      const kind = ALGORITHMS.get(algorithm)?.digest
      return kind === undefined || digests.get(kind) === toHex(value)
    })
    if (!fits) {
      verdict = 'invalid'
      reason = 'the contents were changed after signing'
    }
  }
  const state = verdict === 'unsupported' ? 'unverified' : verdict
  const facts: Signature = {
    scheme,
    state,
    ...(await certificateFacts(certificate)),
    ...(lineage.length === 0 ? {} : { lineage: [...lineage] }),
    ...(signer?.sdk === undefined ? {} : { minOs: String(signer.sdk.min) }),
  }
  return { facts, certificate, reason }
}

async function jarSignature({ certificate, state }: JarSignature): Promise<ApkSignature> {
  const reason =
    state === 'invalid' ? 'it does not cover its list of digests' : 'its members are not hashed one by one here'
  return { facts: { scheme: 'apk-v1', state, ...(await certificateFacts(certificate)) }, certificate, reason }
}

/** Schemes that a weaker signature vouches for, so that nobody can take the stronger one out unseen. */
function strippedSchemes(judged: readonly Judged[], jar: readonly JarSignature[]): string[] {
  const present = new Set(judged.map(({ scheme }) => scheme))
  const claimed = new Set<number>(jar.flatMap(({ alsoSignedWith }) => alsoSignedWith))
  for (const { signer, verdict } of judged) {
    const value = signer?.attributes.get(STRIPPING_PROTECTION)
    if (verdict === 'valid' && value?.byteLength === 4)
      claimed.add(new DataView(value.buffer, value.byteOffset).getUint32(0, true))
  }
  const known: readonly (readonly [number, SignatureScheme])[] = [
    [2, 'apk-v2'],
    [3, 'apk-v3'],
  ]
  return [
    ...known.filter(([number, scheme]) => claimed.has(number) && !present.has(scheme)).map(([number]) => `v${number}`),
    ...strippedRotations(judged),
  ]
}

/**
 * Signers of v3.1 that one of v3 vouches for: Android 13 and later refuse the package when there is none, and when the
 * first one is for another version.
 */
function strippedRotations(judged: readonly Judged[]): string[] {
  const rotated = judged.filter(({ scheme }) => scheme === 'apk-v3.1')
  const levels = rotated.flatMap(({ signer }) => signer?.sdk?.min ?? [])
  // One that cannot be read is there, and told as invalid.
  if (levels.length < rotated.length) return []
  return judged.flatMap(({ scheme, signer, verdict }) => {
    const value = scheme === 'apk-v3' && verdict === 'valid' ? signer?.attributes.get(ROTATION_MIN_SDK) : undefined
    if (value === undefined || value.byteLength < 4) return []
    const level = new DataView(value.buffer, value.byteOffset).getUint32(0, true)
    return level === Math.min(...levels) ? [] : [`v3.1 for SDK ${level} and later`]
  })
}
