import type { ByteSource } from '../../bytes/byte-source.ts'
import { asAndroidUnpacks, readZipMember, type ZipDirectory, type ZipEntry } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import { decodeLatin1 } from '../../formats/decode-text.ts'
import { FormatLimitError, isDamage } from '../../formats/format-error.ts'
import { parseSignedData, type Signer, verifySignerOf } from '../../formats/signatures/cms.ts'
import type { Verdict } from '../../formats/signatures/verify-signature.ts'
import type { Certificate } from '../../formats/signatures/x509.ts'
import { coversManifest } from './jar-sections.ts'

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
/** Of all blocks together, each of which may have many signers: one takes up to a tenth of a second. */
const MAX_VERIFICATIONS = 16
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
  let verifications = 0
  const verify: Verify = async (signer, content) => {
    budget.tick()
    if (++verifications > MAX_VERIFICATIONS)
      throw new FormatLimitError(`Cannot read on: there are more than ${MAX_VERIFICATIONS} signers in META-INF`)
    return verdictOf(signer, content)
  }
  for (const [name, block] of members) {
    const list = members.get(name.replace(/\.[^.]+$/, '.SF'))
    if (name.endsWith('.SF') || list === undefined || signatures.length === MAX_SIGNATURES) continue
    signatures.push(await readJarSignature({ source, directory, budget, verify }, block, list))
  }
  return signatures
}

type Verify = (signer: Signer, content: Uint8Array) => Promise<Verdict>

interface SignedJar {
  readonly source: ByteSource
  readonly directory: ZipDirectory
  readonly budget: Budget
  readonly verify: Verify
}

async function readJarSignature(
  { source, directory, budget, verify }: SignedJar,
  block: ZipEntry,
  list: ZipEntry,
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
      const chosen = await firstThatHolds(signers, text, verify)
      if (chosen !== undefined) ({ certificate, verdict } = chosen)
      if (verdict === 'valid' && !(await coversManifestOf(source, directory, text, budget))) verdict = 'invalid'
    }
  } catch (error) {
    if (!isDamage(error)) throw error
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
  verify: Verify,
): Promise<{ readonly certificate: Certificate | undefined; readonly verdict: Verdict } | undefined> {
  for (const signer of signers) {
    const verdict = await verify(signer, content)
    if (verdict !== 'invalid') return { certificate: signer.certificate, verdict }
  }
  return undefined
}

async function verdictOf(signer: Signer, content: Uint8Array): Promise<Verdict> {
  try {
    return await verifySignerOf(signer, content)
  } catch (error) {
    if (!isDamage(error)) throw error
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

/** Whether a list of digests covers the manifest; so it is taken when that is too large to be looked at. */
async function coversManifestOf(
  source: ByteSource,
  directory: ZipDirectory,
  list: Uint8Array,
  budget: Budget,
): Promise<boolean> {
  const manifest = directory.entries.find((entry) => entry.name.toUpperCase() === 'META-INF/MANIFEST.MF')
  if (manifest === undefined) return false
  if (manifest.sizeBytes > MAX_LIST_BYTES) return true
  return coversManifest(list, await memberOf(source, directory, manifest, MAX_LIST_BYTES, budget), budget)
}
