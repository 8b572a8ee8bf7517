import type { ByteSource } from '../../bytes/byte-source.ts'
import { type CompoundFile, openCompoundFile } from '../../formats/archive/cfb.ts'
import type { Budget } from '../../formats/budget.ts'
import { FormatError, FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import { isSameDigest } from '../../formats/windows/authenticode.ts'
import { type Msi, readMsi } from '../../formats/windows/msi.ts'
import { MSI_SIGNATURE, MSI_SIGNATURE_EX, msiDigests, signatureStream } from '../../formats/windows/msi-digest.ts'
import type { Check, InspectionReport, Signature } from '../../model/inspection.ts'
import { type Arch, archFrom } from '../../model/platform.ts'
import { displayText, finding } from '../finding.ts'
import type { ArtifactSource, InspectLimits, Inspector } from '../inspector.ts'
import { reading } from '../reading.ts'
import { wholePass } from '../whole-pass.ts'
import { judgeSignatures, readSignatures } from './authenticode.ts'

/** CLSID of the root storage of a Windows Installer package, {000C1084-0000-0000-C000-000000000046}. */
const MSI_CLASS = [0x84, 0x10, 0x0c, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46]
const MAGIC = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]
/** Real ones have up to 20 KiB. */
const MAX_SIGNATURE_BYTES = 16 << 20

/**
 * Windows Installer packages: compound files (MS-CFB §2.2) with a class of their own; Office files have others. One that
 * is cut off before the class is taken for an installer, since nothing can open it whatever it was.
 */
export const msiInspector: Inspector = {
  name: 'msi',
  format: 'msi',
  async sniff(head, source) {
    if (MAGIC.some((byte, i) => head[i] !== byte)) return false
    if (head.byteLength < HEADER_BYTES) return true
    const root = rootOffset(head)
    if (root === undefined) return false
    if (root + ENTRY_BYTES > source.sizeBytes) return true
    const classId = await source.read(root + 80, 16)
    return MSI_CLASS.every((byte, i) => classId[i] === byte)
  },
  inspect: (source, limits) => reading('msi', limits, (budget) => inspectMsi(source, limits, budget)),
}

const HEADER_BYTES = 512
const ENTRY_BYTES = 128

/** Where the first entry of the directory lies, which is the root's; undefined where sectors have an unknown size. */
function rootOffset(header: Uint8Array): number | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  const shift = view.getUint16(30, true)
  return shift === 9 || shift === 12 ? (view.getUint32(48, true) + 1) * 2 ** shift : undefined
}

async function inspectMsi(source: ArtifactSource, limits: InspectLimits, budget: Budget): Promise<InspectionReport> {
  const root = rootOffset(await source.read(0, HEADER_BYTES)) ?? 0
  if (root + ENTRY_BYTES > source.sizeBytes)
    throw new FormatError('Cannot read compound file: it is cut off before its directory, which tells what it is')
  const file = await openCompoundFile(source, budget)
  const { msi, checks } = await factsOf(file)
  const signed = await inspectSignature(source, file, limits, budget)
  const name = displayText(msi?.property('ProductName'))
  const version = displayText(msi?.property('ProductVersion'))
  const arch = archOf(msi?.summary.template)
  return {
    inspection: {
      format: 'msi',
      platform: 'windows',
      ...(arch === undefined ? {} : { arch }),
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
      install: 'file',
      signatures: signed.signatures,
      facts: msi === undefined ? {} : msiFacts(msi),
    },
    checks: [...checks, ...signed.checks],
  }
}

/** Tables that cannot be read do not make an installer unreadable. */
async function factsOf(file: CompoundFile): Promise<{ msi: Msi | undefined; checks: Check[] }> {
  try {
    const msi = await readMsi(file)
    if (msi.hasProperties) return { msi, checks: [] }
    const words = 'The installer has no properties: its name and version are not known'
    return { msi, checks: [finding('info', 'msi.properties_missing', words)] }
  } catch (error) {
    if (!isAboutBytes(error)) throw error
    const words = 'The tables of the installer cannot be read: its name and version are not known'
    return { msi: undefined, checks: [finding('warning', 'msi.properties_unreadable', words)] }
  }
}

/** Properties that tell installers apart, and what they are called here. */
const PROPERTIES = {
  productCode: 'ProductCode',
  upgradeCode: 'UpgradeCode',
  manufacturer: 'Manufacturer',
  productLanguage: 'ProductLanguage',
  allUsers: 'ALLUSERS',
} as const

/** Bit of the word count: the package installs without the rights of an administrator. */
const NO_ELEVATION = 8

function msiFacts(msi: Msi): Record<string, string | number | boolean> {
  const facts: Record<string, string | number | boolean> = {}
  for (const [fact, key] of Object.entries(PROPERTIES)) {
    const text = displayText(msi.property(key))
    if (text !== undefined) facts[fact] = text
  }
  const { summary } = msi
  const template = displayText(summary.template)
  const packageCode = displayText(summary.revision)
  if (packageCode !== undefined) facts.packageCode = packageCode
  if (template !== undefined) facts.template = template
  if (summary.pageCount !== undefined) facts.installerVersion = summary.pageCount
  if (summary.wordCount !== undefined) facts.requiresElevation = (summary.wordCount & NO_ELEVATION) === 0
  return facts
}

/** The platform of a template such as `x64;1033`; `Intel` and nothing both mean 32 bits. */
function archOf(template: string | undefined): Arch | undefined {
  if (template === undefined) return undefined
  const platform = template.split(';')[0]!.trim().toLowerCase()
  return platform === '' || platform === 'intel' ? 'x86' : archFrom(platform)
}

const FAMILY = { code: 'msi', scheme: 'authenticode', noun: 'installer' } as const

async function inspectSignature(
  source: ArtifactSource,
  file: CompoundFile,
  limits: InspectLimits,
  budget: Budget,
): Promise<{ signatures: Signature[]; checks: Check[] }> {
  const stream = signatureStream(file, MSI_SIGNATURE)
  if (stream === undefined) {
    await judgeStreams(source, file)
    const words = 'The installer is not signed: Windows warns people who download it'
    return { signatures: [], checks: [finding('warning', 'msi.unsigned', words)] }
  }
  try {
    const read = readSignatures([await file.read(stream, MAX_SIGNATURE_BYTES)])
    const names = read.readable.flatMap((signature) => signature.hash ?? [])
    const extended = signatureStream(file, MSI_SIGNATURE_EX)
    const metadata = extended === undefined ? undefined : await file.read(extended, MAX_SIGNATURE_BYTES)
    // Without a digest to compare, the file is not read for one.
    const pass =
      names.length === 0
        ? undefined
        : await wholePass(source, budget, async (bytes: ByteSource) => {
            const whole = await openCompoundFile(bytes, budget)
            const digests = await msiDigests(whole, bytes, names)
            return { digests, trailingBytes: await trailingBytes(whole, bytes) }
          })
    const judged = await judgeSignatures(
      FAMILY,
      read,
      (hash, digest) => {
        const actual = pass?.digests.get(hash)
        if (actual === undefined || !isSameDigest(actual.digest, digest)) return false
        return metadata === undefined || isSameDigest(actual.metadata, metadata)
      },
      limits,
    )
    if (pass !== undefined && pass.trailingBytes > 0) {
      const words = `${pass.trailingBytes} bytes follow the installer, which no signature covers`
      judged.checks.push(finding('warning', 'msi.trailing_data', words))
    }
    if (metadata === undefined && judged.signatures.some(({ state }) => state === 'valid')) {
      const words = 'The signature covers what is in the streams of the installer, but not their names and sizes'
      const because = 'who moves bytes from one to another does not break it, on Windows either'
      judged.checks.push(finding('warning', 'msi.names_unsigned', `${words}: ${because}`))
    }
    return judged
  } catch (error) {
    if (!isAboutBytes(error)) throw error
    if (error instanceof FormatLimitError) throw error
    const words = 'The signature of the installer cannot be read, or what it covers cannot'
    return {
      signatures: [{ scheme: 'authenticode', state: 'invalid' }],
      checks: [finding('error', 'msi.signature_invalid', words)],
    }
  }
}

/**
 * Follows every stream, none of which is read; what verifies a signature does so by itself.
 *
 * @throws FormatError when one lies beyond the end of the file or has no end
 */
async function judgeStreams(source: ByteSource, file: CompoundFile): Promise<void> {
  try {
    const storages = [file.root]
    for (let storage = storages.pop(); storage !== undefined; storage = storages.pop())
      for (const entry of storage.children) {
        if (entry.kind === 'storage') storages.push(entry)
        else
          for await (const { offset, length } of file.pieces(entry))
            if (offset + length > source.sizeBytes)
              throw new FormatError('Cannot read compound file: it is cut off within a stream', { offset })
      }
  } catch (error) {
    // Too many pieces to follow are no damage.
    if (!(error instanceof FormatLimitError)) throw error
  }
}

/** How much is read at once: the most that a pass over the file gives. */
const STEP_BYTES = 1 << 20

/** Bytes behind the last sector that anything owns; none when all are zero, as sectors that were freed are. */
async function trailingBytes(file: CompoundFile, source: ByteSource): Promise<number> {
  const end = await file.ownedBytes()
  for (let at = end; at < source.sizeBytes; at += STEP_BYTES) {
    const bytes = await source.read(at, Math.min(STEP_BYTES, source.sizeBytes - at))
    if (bytes.some((byte) => byte !== 0)) return source.sizeBytes - end
  }
  return 0
}
