import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { toHex } from '../../bytes/encoding.ts'
import type { Budget } from '../../formats/budget.ts'
import { type Rpm, type RpmHeader, readRpm } from '../../formats/linux/rpm.ts'
import type { Check, Inspection, InspectionReport } from '../../model/inspection.ts'
import { type Arch, archFrom } from '../../model/platform.ts'
import { displayText, exactText, finding } from '../finding.ts'
import { type ArtifactSource, InspectionError, type Inspector } from '../inspector.ts'
import { reading } from '../reading.ts'
import { wholePass } from '../whole-pass.ts'
import { type OpenPgpSignatures, openPgpSignatures } from './openpgp.ts'

/** Tags of the signature header (`rpmSigTag`). */
const SIG_OPENPGP = [
  267, // header, DSA or EdDSA
  268, // header, RSA
  1002, // header and payload
  1005, // header and payload, DSA
] as const
const SIG_SHA1 = 269
const SIG_SHA256 = 273
/** Base64 texts of packets, instead of the tags above (rpm 4.19 and later). */
const SIG_OPENPGP_LIST = 278
const SIG_MD5 = 1004

/** Tags of the header (`rpmTag`). */
const NAME = 1000
const VERSION = 1001
const RELEASE = 1002
const EPOCH = 1003
const BUILD_TIME = 1006
const SIZE = 1009
const ARCH = 1022
const SOURCE_RPM = 1044
const REQUIRE_FLAGS = 1048
const REQUIRE_NAME = 1049
const REQUIRE_VERSION = 1050
const NO_SOURCE = 1051
const NO_PATCH = 1052
/** Instead of {@link SIZE} from 4 GiB on. */
const LONG_SIZE = 5009
const PAYLOAD_DIGEST = 5092
const PAYLOAD_DIGEST_ALGORITHM = 5093

/** Texts of {@link Inspection} `facts`, by their tag. */
const FACTS: Readonly<Record<string, number>> = {
  summary: 1004,
  description: 1005,
  license: 1014,
  url: 1020,
  vendor: 1011,
  payloadFormat: 1124,
  payloadCompressor: 1125,
  sourceRpm: SOURCE_RPM,
}

/** Signs of a dependency's version (`rpmsenseFlags`), in the order in which rpm writes them. */
const COMPARISONS = [
  [1 << 1, '<'],
  [1 << 2, '>'],
  [1 << 3, '='],
] as const
/** The largest applications need some hundred packages and libraries. */
const MAX_REQUIRES = 500

/** OpenPGP hash algorithms (RFC 9580 §9.5) that payload digests use. */
const PAYLOAD_HASHES = { 8: sha256, 9: sha384, 10: sha512 } as const

const PASS_BYTES = 1 << 20

/**
 * RPM packages: lead, signature header, header, payload. Read: both headers. Verified: the digest of the header, and in
 * a pass over the file that of the payload (of header and payload in packages older than rpm 4.14). Signatures are told
 * and not verified, since nothing here knows the publisher's OpenPGP key. Not read: the files in the payload, whose
 * paths are those of the system by design.
 */
export const rpmInspector: Inspector = {
  name: 'rpm',
  format: 'rpm',
  async sniff(head) {
    return [0xed, 0xab, 0xee, 0xdb].every((byte, i) => head[i] === byte)
  },
  inspect: (source, limits) => reading('rpm', limits, (budget) => inspectRpm(source, budget)),
}

async function inspectRpm(source: ArtifactSource, budget: Budget): Promise<InspectionReport> {
  const rpm = await readRpm(source, budget)
  const checks: Check[] = []
  const { signatures, keyIds } = signaturesOf(rpm.signature)
  const inspection = { ...inspectionOf(rpm.header, checks), signatures }
  if (keyIds.length > 0) inspection.facts = { ...inspection.facts, signatureKeyIds: keyIds }
  checks.push(...headerChecks(rpm), ...(await payloadChecks(source, rpm, budget)))
  return { inspection, checks }
}

function inspectionOf(header: RpmHeader, checks: Check[]): Inspection {
  const essential = (tag: number, what: string): string => {
    const text = exactText(header.text(tag))
    if (text === undefined) throw new InspectionError('rpm', `The header names no ${what}`)
    return text
  }
  const identifier = essential(NAME, 'package')
  const epoch = header.number(EPOCH)
  const version = `${essential(VERSION, 'version')}-${essential(RELEASE, 'release')}`
  const unclear = [NAME, VERSION, RELEASE, EPOCH, ARCH].filter((tag) => header.repeated.has(tag))
  if (unclear.length > 0)
    checks.push(
      finding(
        'error',
        'rpm.repeated_tag',
        `The header has the tag ${unclear[0]} twice: readers could see two packages`,
      ),
    )

  const isSource = !header.has(SOURCE_RPM)
  const machine = displayText(header.text(ARCH))
  // A source package carries the machine that it was packed on.
  const architecture = isSource ? (header.has(NO_SOURCE) || header.has(NO_PATCH) ? 'nosrc' : 'src') : machine
  const arch = isSource ? 'any' : archOf(machine)
  const facts: NonNullable<Inspection['facts']> = architecture === undefined ? {} : { architecture }
  for (const [name, tag] of Object.entries(FACTS)) {
    const text = displayText(header.text(tag))
    if (text !== undefined) facts[name] = text
  }
  const requires = requiresOf(header)
  if (requires.length > 0) facts.requires = requires
  const installedSizeBytes = header.number(SIZE) ?? Number(header.bigNumber(LONG_SIZE))
  if (Number.isSafeInteger(installedSizeBytes)) facts.installedSizeBytes = installedSizeBytes
  const builtAtSeconds = header.number(BUILD_TIME)
  if (builtAtSeconds !== undefined) facts.builtAt = new Date(builtAtSeconds * 1000).toISOString()
  return {
    format: 'rpm',
    platform: 'linux',
    ...(arch === undefined ? {} : { arch }),
    identifier,
    version: epoch === undefined ? version : `${epoch}:${version}`,
    install: 'file',
    facts,
  }
}

/** `bash >= 4`, as `rpm --query --requires` writes it; without `rpmlib(…)`, which is what rpm itself must be able to do. */
function requiresOf(header: RpmHeader): string[] {
  const versions = header.texts(REQUIRE_VERSION, MAX_REQUIRES)
  const flags = header.numbers(REQUIRE_FLAGS, MAX_REQUIRES)
  const requires = new Set<string>()
  for (const [i, name] of header.texts(REQUIRE_NAME, MAX_REQUIRES).entries()) {
    if (name === undefined || name.startsWith('rpmlib(')) continue
    const comparison = COMPARISONS.map(([flag, sign]) => ((flags[i] ?? 0) & flag ? sign : '')).join('')
    const text = displayText([name, comparison, versions[i] ?? ''].filter((part) => part !== '').join(' '))
    if (text !== undefined) requires.add(text)
  }
  return [...requires]
}

/** Names of rpm beyond those that other ecosystems share (`arch_canon` of `rpmrc`). */
function archOf(machine: string | undefined): Arch | undefined {
  if (machine === undefined) return undefined
  if (/^x86_64_v[1-4]$/.test(machine)) return 'x64'
  if (/^(?:athlon|geode|pentium[34])$/.test(machine)) return 'x86'
  if (/^armv[3-8](?:[a-z]+)?$/.test(machine) && machine !== 'armv8') return 'arm'
  return archFrom(machine)
}

/** A key signs the header, and often header and payload a second time: that is told once. */
function signaturesOf(header: RpmHeader): OpenPgpSignatures {
  const packets: (Uint8Array | string)[] = []
  for (const tag of SIG_OPENPGP) {
    const bytes = header.binary(tag)
    if (bytes !== undefined) packets.push(bytes)
  }
  const listed = header.text(SIG_OPENPGP_LIST)
  if (listed !== undefined) packets.push(listed)
  return openPgpSignatures(packets)
}

/** Digests of the header are texts beside it, in the signature header; rpm holds a package to each that is there. */
const HEADER_DIGESTS = [
  { name: 'SHA-256', tag: SIG_SHA256, hash: sha256 },
  { name: 'SHA-1', tag: SIG_SHA1, hash: sha1 },
] as const

function headerChecks({ signature, header }: Rpm): Check[] {
  const stated = HEADER_DIGESTS.filter(({ tag }) => signature.has(tag))
  if (stated.length === 0) {
    // Packages of rpm before 4.0; the digest over header and payload is judged below.
    if (signature.has(SIG_MD5)) return []
    return [finding('warning', 'rpm.no_digest', 'The package has no digest of its header: rpm refuses it by default')]
  }
  const wrong = stated.find(({ tag, hash }) => toHex(hash(header.bytes)) !== signature.text(tag))
  if (wrong === undefined) return []
  return [
    finding(
      'error',
      'rpm.digest_mismatch',
      `The header does not have the ${wrong.name} digest that the package states: it was changed or damaged`,
    ),
  ]
}

async function payloadChecks(source: ArtifactSource, rpm: Rpm, budget: Budget): Promise<Check[]> {
  const stated = rpm.header.text(PAYLOAD_DIGEST)
  const algorithm = rpm.header.number(PAYLOAD_DIGEST_ALGORITHM) ?? 8
  if (stated !== undefined || rpm.header.has(PAYLOAD_DIGEST)) {
    if (algorithm !== 8 && algorithm !== 9 && algorithm !== 10)
      return [
        finding(
          'info',
          'rpm.payload_unverified',
          `The digest of the payload uses hash ${algorithm}, which is not verified`,
        ),
      ]
    const actual = await hashFrom(source, rpm.payloadOffset, PAYLOAD_HASHES[algorithm].create(), budget)
    return actual === stated ? [] : [payloadMismatch('digest')]
  }
  const sum = rpm.signature.binary(SIG_MD5)
  if (sum === undefined) return [finding('info', 'rpm.payload_unverified', 'The package has no digest of its payload')]
  const actual = await hashFrom(source, rpm.header.offset, md5.create(), budget)
  return actual === toHex(sum) ? [] : [payloadMismatch('MD5 digest')]
}

function payloadMismatch(what: string): Check {
  return finding(
    'error',
    'rpm.payload_mismatch',
    `The contents do not have the ${what} that the package states: the file was changed, damaged or cut off`,
  )
}

/** Hex of the hash of all bytes from `offset` on. */
function hashFrom(
  source: ArtifactSource,
  offset: number,
  hash: { update(bytes: Uint8Array): unknown; digest(): Uint8Array },
  budget: Budget,
): Promise<string> {
  return wholePass(source, budget, async (bytes) => {
    for (let at = offset; at < bytes.sizeBytes; at += PASS_BYTES)
      hash.update(await bytes.read(at, Math.min(PASS_BYTES, bytes.sizeBytes - at)))
    return toHex(hash.digest())
  })
}
