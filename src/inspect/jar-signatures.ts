import type { ByteSource } from '../bytes/byte-source.ts'
import { toHex } from '../bytes/encoding.ts'
import type { Budget } from '../formats/budget.ts'
import { parseSignedData, type Signer, verifySignerOf } from '../formats/cms.ts'
import { decodeLatin1 } from '../formats/decode-text.ts'
import { FormatError, FormatLimitError } from '../formats/format-error.ts'
import type { Verdict } from '../formats/verify-signature.ts'
import type { Certificate } from '../formats/x509.ts'
import { asAndroidUnpacks, readZipMember, type ZipDirectory, type ZipEntry } from '../formats/zip.ts'

/** One signature of a signed JAR: `META-INF/NAME.SF`, with `NAME.RSA`, `.DSA` or `.EC` beside it. */
export interface JarSignature {
  readonly certificate: Certificate | undefined
  /**
   * Whether it covers its own list of digests and that list the manifest. The members themselves are not hashed: it says
   * `valid` nowhere, at best `unverified`.
   */
  readonly state: 'unverified' | 'invalid'
  /** Android schemes that the package was signed with besides (`X-Android-APK-Signed`), such as 2 and 3. */
  readonly alsoSignedWith: readonly number[]
}

const MAX_SIGNATURES = 10
const MAX_SIGNATURE_BYTES = 1 << 20
/** A list of digests has some hundred bytes for each member. */
const MAX_LIST_BYTES = 2 << 20

/** Empty when there is none. What cannot be read of one is `invalid`. @throws FormatLimitError by `budget`; errors of the source */
export async function readJarSignatures(
  source: ByteSource,
  directory: ZipDirectory,
  budget: Budget,
): Promise<JarSignature[]> {
  const members = new Map<string, ZipEntry>()
  for (const entry of directory.entries) {
    const name = /^META-INF\/[^/]{1,200}\.(?:SF|RSA|DSA|EC)$/i.test(entry.name) ? entry.name.toUpperCase() : undefined
    if (name !== undefined && !members.has(name)) members.set(name, entry)
  }
  const signatures: JarSignature[] = []
  for (const [name, block] of members) {
    const list = members.get(name.replace(/\.[^.]+$/, '.SF'))
    if (name.endsWith('.SF') || list === undefined || signatures.length === MAX_SIGNATURES) continue
    signatures.push(await readJarSignature(source, directory, block, list, budget))
  }
  return signatures
}

async function readJarSignature(
  source: ByteSource,
  directory: ZipDirectory,
  block: ZipEntry,
  list: ZipEntry,
  budget: Budget,
): Promise<JarSignature> {
  let alsoSignedWith: readonly number[] = []
  let certificate: Certificate | undefined
  let verdict: Verdict = 'invalid'
  try {
    const { signers } = parseSignedData(await memberOf(source, directory, block, MAX_SIGNATURE_BYTES, budget))
    certificate = signers[0]?.certificate
    if (list.sizeBytes > MAX_LIST_BYTES) verdict = 'unsupported'
    else {
      const text = await memberOf(source, directory, list, MAX_LIST_BYTES, budget)
      alsoSignedWith = schemesOf(text)
      const chosen = await firstThatHolds(signers, text)
      if (chosen !== undefined) ({ certificate, verdict } = chosen)
      if (verdict === 'valid' && !(await coversManifest(source, directory, text, budget))) verdict = 'invalid'
    }
  } catch (error) {
    if (error instanceof FormatLimitError || !(error instanceof FormatError || error instanceof RangeError)) throw error
  }
  return { certificate, state: verdict === 'invalid' ? 'invalid' : 'unverified', alsoSignedWith }
}

/** Members are read as Android reads them, which knows stored ones and calls all others deflated. */
function memberOf(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  maxBytes: number,
  budget: Budget,
): Promise<Uint8Array> {
  return readZipMember(source, directory, asAndroidUnpacks(entry), maxBytes, budget)
}

/** Android takes a block with several signers by the first one whose signature holds. */
async function firstThatHolds(
  signers: readonly Signer[],
  content: Uint8Array,
): Promise<{ readonly certificate: Certificate | undefined; readonly verdict: Verdict } | undefined> {
  for (const signer of signers) {
    const verdict = await verdictOf(signer, content)
    if (verdict !== 'invalid') return { certificate: signer.certificate, verdict }
  }
  return undefined
}

async function verdictOf(signer: Signer, content: Uint8Array): Promise<Verdict> {
  try {
    return await verifySignerOf(signer, content)
  } catch (error) {
    if (error instanceof FormatLimitError || !(error instanceof FormatError || error instanceof RangeError)) throw error
    return 'invalid'
  }
}

/**
 * Main attributes of a signature file (JAR File Specification, "Signature File"): up to the first empty line. Lines end
 * after 72 bytes and go on behind a space.
 */
function mainAttributes(text: Uint8Array): string {
  return decodeLatin1(text.subarray(0, 8192))
    .split(/\r?\n\r?\n|\r\r/, 1)[0]!
    .replaceAll(/\r?\n /g, '')
}

function schemesOf(text: Uint8Array): number[] {
  const [, schemes = ''] = /^X-Android-APK-Signed: ([\d, ]{1,50})$/m.exec(mainAttributes(text)) ?? []
  return schemes
    .split(',')
    .map(Number)
    .filter((scheme) => scheme > 0)
}

/** A list without a digest of the whole manifest has one for each of its sections, which are not looked at. */
async function coversManifest(
  source: ByteSource,
  directory: ZipDirectory,
  list: Uint8Array,
  budget: Budget,
): Promise<boolean> {
  const declared = /^(SHA-?256|SHA-?512|SHA-?384|SHA-?1|SHA)-Digest-Manifest: ([A-Za-z0-9+/=]{20,100})\s*$/m.exec(
    mainAttributes(list),
  )
  const manifest = directory.entries.find((entry) => entry.name.toUpperCase() === 'META-INF/MANIFEST.MF')
  if (manifest === undefined) return false
  if (declared === null || manifest.sizeBytes > MAX_LIST_BYTES) return true
  const bytes = await memberOf(source, directory, manifest, MAX_LIST_BYTES, budget)
  const hash = `SHA-${/\d+$/.exec(declared[1]!)?.[0] ?? '1'}`
  const digest = new Uint8Array(await crypto.subtle.digest(hash, Uint8Array.from(bytes)))
  return toHex(digest) === toHex(base64(declared[2]!))
}

function base64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    // Not base64: it is no digest, so it equals none.
    return new Uint8Array(0)
  }
}
