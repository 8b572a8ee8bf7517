import type { ByteSource } from '../../bytes/byte-source.ts'
import type { Budget } from '../../formats/budget.ts'
import { isAboutBytes, isDamage } from '../../formats/format-error.ts'
import { isSameDigest } from '../../formats/windows/authenticode.ts'
import { type Pe, readPe } from '../../formats/windows/pe.ts'
import { peDigests, readPeCertificates } from '../../formats/windows/pe-signature.ts'
import { type PeVersion, readPeVersion } from '../../formats/windows/pe-version.ts'
import type { Check, Inspection, InspectionReport, Signature } from '../../model/inspection.ts'
import { displayText, finding } from '../finding.ts'
import { type ArtifactSource, InspectionError, type InspectLimits, type Inspector } from '../inspector.ts'
import { peArch, peMachine } from '../program.ts'
import { reading } from '../reading.ts'
import { wholePass } from '../whole-pass.ts'
import { judgeSignatures, readSignatures } from './authenticode.ts'
import { readInstaller } from './pe-installer.ts'

/** Windows programs (format `exe`) and libraries, drivers and other PE files (format `pe`). */
export const peInspector: Inspector = {
  name: 'pe',
  format: 'pe',
  async sniff(head, source) {
    if (head.byteLength < 64 || head[0] !== 0x4d || head[1] !== 0x5a) return false
    const start = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(60, true)
    if (start + 4 > source.sizeBytes) return false
    const magic = await source.read(start, 4)
    return magic[0] === 0x50 && magic[1] === 0x45 && magic[2] === 0 && magic[3] === 0
  },
  inspect: (source, limits) => reading('pe', limits, (budget) => inspectPe(source, limits, budget)),
}

/** What runs it (PE format, "Windows Subsystem"). */
const SUBSYSTEMS: Readonly<Record<number, string>> = {
  1: 'native',
  2: 'gui',
  3: 'console',
  5: 'os2',
  7: 'posix',
  9: 'windows-ce',
  10: 'efi-application',
  11: 'efi-boot-driver',
  12: 'efi-runtime-driver',
  13: 'efi-rom',
  14: 'xbox',
  16: 'boot-application',
}

async function inspectPe(source: ArtifactSource, limits: InspectLimits, budget: Budget): Promise<InspectionReport> {
  const pe = await readPe(source)
  const arch = pe.isAnyCpu ? 'any' : peArch(pe.machine)
  const isProgram = !pe.isLibrary && (pe.subsystem === 2 || pe.subsystem === 3)
  // EFI programs use the container, but no Windows runs them.
  const isEfi = pe.subsystem >= 10 && pe.subsystem <= 13
  const subsystem = SUBSYSTEMS[pe.subsystem]
  const { version, checks } = await versionOf(source, pe)
  const format = isProgram ? 'exe' : 'pe'
  const installer = await readInstaller(source, pe, version)
  const missing = (installer?.neededBytes ?? 0) - source.sizeBytes
  if (missing > 0)
    throw new InspectionError(format, `The file is cut off: ${missing} bytes of what the installer holds are missing`)
  const signed = await inspectSignatures(source, pe, isProgram, limits, budget)
  return {
    inspection: {
      format,
      ...(isEfi ? {} : { platform: 'windows' as const }),
      ...(arch === undefined ? {} : { arch }),
      ...nameAndVersion(version),
      install: 'file',
      signatures: signed.signatures,
      facts: {
        ...(arch === undefined ? { machine: peMachine(pe.machine) } : {}),
        ...(subsystem === undefined ? {} : { subsystem }),
        dotNet: pe.isDotNet,
        ...(installer === undefined ? {} : { installer: installer.kind }),
        ...versionFacts(version),
      },
    },
    checks: [...checks, ...signed.checks],
  }
}

/** The version resource; a damaged one does not make a program unreadable. */
async function versionOf(source: ByteSource, pe: Pe): Promise<{ version: PeVersion | undefined; checks: Check[] }> {
  try {
    return { version: await readPeVersion(source, pe), checks: [] }
  } catch (error) {
    if (!isAboutBytes(error)) throw error
    const words = 'The version resource of the program cannot be read: its name and version are not known'
    return { version: undefined, checks: [finding('info', 'pe.version_unreadable', words)] }
  }
}

/** Fields of `StringFileInfo` that Windows Explorer shows, and what they are called here. */
const STRINGS = {
  productName: 'ProductName',
  productVersion: 'ProductVersion',
  companyName: 'CompanyName',
  fileDescription: 'FileDescription',
  fileVersion: 'FileVersion',
  originalFilename: 'OriginalFilename',
  legalCopyright: 'LegalCopyright',
} as const

function versionFacts(version: PeVersion | undefined): Record<string, string> {
  const facts: Record<string, string> = {}
  for (const [fact, key] of Object.entries(STRINGS)) {
    const text = displayText(version?.strings.get(key))
    if (text !== undefined) facts[fact] = text
  }
  if (version?.fileVersion !== undefined) facts.fixedFileVersion = version.fileVersion
  if (version?.productVersion !== undefined) facts.fixedProductVersion = version.productVersion
  return facts
}

function nameAndVersion(version: PeVersion | undefined): Pick<Inspection, 'name' | 'version'> {
  const name = displayText(version?.strings.get('ProductName')) ?? displayText(version?.strings.get('FileDescription'))
  const shown = displayText(version?.strings.get('ProductVersion')) ?? version?.productVersion
  return { ...(name === undefined ? {} : { name }), ...(shown === undefined ? {} : { version: shown }) }
}

/** Signing tools pad by some bytes more than they need; a program or a script does not fit in here. */
const MAX_QUIET_PADDING = 512

const FAMILY = { code: 'pe', scheme: 'authenticode', noun: 'program' } as const

async function inspectSignatures(
  source: ArtifactSource,
  pe: Pe,
  isProgram: boolean,
  limits: InspectLimits,
  budget: Budget,
): Promise<{ signatures: Signature[]; checks: Check[] }> {
  if (pe.certificateTable === undefined) {
    const words = 'The program is not signed: Windows warns people who download it'
    return { signatures: [], checks: isProgram ? [finding('warning', 'pe.unsigned', words)] : [] }
  }
  let certificates: Awaited<ReturnType<typeof readPeCertificates>>
  try {
    certificates = await readPeCertificates(source, pe)
  } catch (error) {
    if (!isDamage(error)) throw error
    const missing = pe.certificateTable.offset + pe.certificateTable.sizeBytes - source.sizeBytes
    const words =
      missing > 0
        ? `The certificate table of the program is cut off, ${missing} bytes are missing: its signature cannot be read`
        : 'The certificate table of the program is damaged: its signature cannot be read'
    return {
      signatures: [{ scheme: 'authenticode', state: 'invalid' }],
      checks: [finding('error', 'pe.signature_invalid', words)],
    }
  }
  const read = readSignatures(certificates.signatures)
  const hashes = read.readable.flatMap((signature) => signature.hash ?? [])
  const digests =
    hashes.length === 0 ? undefined : await wholePass(source, budget, (bytes) => peDigests(bytes, pe, hashes))
  const { signatures, checks } = await judgeSignatures(
    FAMILY,
    read,
    (hash, digest) => {
      const actual = digests?.get(hash)
      return actual !== undefined && isSameDigest(actual, digest)
    },
    limits,
  )
  if (certificates.hiddenBytes > 0) {
    const words = `The certificate table holds ${certificates.hiddenBytes} bytes that no signature covers`
    const level = certificates.hiddenBytes > MAX_QUIET_PADDING ? 'warning' : 'info'
    checks.push(finding(level, 'pe.signature_padding', words))
  }
  if (certificates.trailingBytes > 0) {
    const words = `${certificates.trailingBytes} bytes follow the signature of the program: they were added after signing`
    checks.push(finding('warning', 'pe.trailing_data', words))
  }
  return { signatures, checks }
}
