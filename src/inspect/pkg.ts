import { toHex } from '../bytes/encoding.ts'
import type { Budget } from '../formats/budget.ts'
import { parseSignedData, verifySignerOf } from '../formats/cms.ts'
import { FormatError, FormatLimitError } from '../formats/format-error.ts'
import { timestampOf } from '../formats/timestamp.ts'
import { type HashName, verifySignature } from '../formats/verify-signature.ts'
import { type Certificate, parseCertificate } from '../formats/x509.ts'
import { readXar, readXarPlace, unpackXarFile, type Xar, type XarFile } from '../formats/xar.ts'
import { attribute, child, children, parseXml, type XmlElement } from '../formats/xml.ts'
import type { Check, Inspection, InspectionReport, Signature } from '../model/inspection.ts'
import { archFrom } from '../model/platform.ts'
import { type SigningKind, signingKindOf } from './apple-signature.ts'
import { displayText, exactText, finding, quote } from './finding.ts'
import type { ArtifactSource, InspectLimits, Inspector } from './inspector.ts'
import { reading } from './reading.ts'
import { certificateFacts } from './signature-facts.ts'
import { validityChecks } from './validity.ts'

/** Both hold texts of some KiB. */
const MAX_METADATA_BYTES = 1 << 20
const MAX_SIGNATURE_BYTES = 1 << 20
/** Packages in a package; each is read. */
const MAX_COMPONENTS = 16

/**
 * Installer packages of macOS: a xar archive. Read: the table of contents with its checksum and signature, which are
 * verified, `Distribution` and each `PackageInfo`, and whether a ticket of notarization is stapled. Not read: payloads;
 * their checksums are in the table that is signed.
 */
export const pkgInspector: Inspector = {
  name: 'pkg',
  format: 'pkg',
  async sniff(head) {
    // "xar!"
    return head[0] === 0x78 && head[1] === 0x61 && head[2] === 0x72 && head[3] === 0x21
  },
  inspect: (source, limits) => reading('pkg', limits, (budget) => inspectPkg({ source, budget, limits })),
}

interface Opened {
  readonly source: ArtifactSource
  readonly budget: Budget
  readonly limits: InspectLimits
}

async function inspectPkg(pkg: Opened): Promise<InspectionReport> {
  const { source, budget, limits } = pkg
  const checks: Check[] = []
  const xar = await readXar(source, budget)
  const tableHolds = await matchesChecksum(pkg, xar)
  if (tableHolds === false) checks.push(mismatch('the table of contents'))
  const distribution = await metadata(pkg, xar, 'Distribution', checks)
  const components: XmlElement[] = []
  for (const file of xar.files.filter(({ path }) => /^(?:[^/]+\/)?PackageInfo$/.test(path)).slice(0, MAX_COMPONENTS)) {
    const component = await metadata(pkg, xar, file.path, checks)
    if (component !== undefined) components.push(component)
  }
  if (distribution === undefined && components.length === 0)
    checks.push(
      finding('warning', 'pkg.no_metadata', 'The package holds nothing that can be installed, or it cannot be read'),
    )

  const signer = await signerOf(pkg, xar, tableHolds)
  const isStapled = await hasTicket(source)
  checks.push(...signatureChecks(signer, isStapled, limits))
  const kind = signer?.certificate && signingKindOf(signer.certificate)
  return {
    inspection: {
      format: 'pkg',
      platform: 'macos',
      ...productFacts(distribution, components),
      install: 'file',
      signatures: signer === undefined ? [] : [await signatureFacts(signer)],
      facts: {
        ...componentFacts(distribution, components),
        ...(kind === undefined ? {} : { codeSignature: kind }),
        notarization: isStapled ? 'stapled' : 'none',
      },
    },
    checks,
  }
}

function mismatch(what: string): Check {
  return finding('error', 'pkg.checksum_mismatch', `The package is damaged: ${what} does not have its checksum`)
}

const HASHES: Readonly<Record<string, HashName>> = {
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
}

async function digestOf(style: string, bytes: Uint8Array): Promise<string | undefined> {
  const hash = HASHES[style.toLowerCase()]
  return hash && toHex(new Uint8Array(await crypto.subtle.digest(hash, Uint8Array.from(bytes))))
}

/** Undefined when there is no checksum, or one of a kind that we do not know. */
async function matchesChecksum({ source }: Opened, xar: Xar): Promise<boolean | undefined> {
  const { checksum } = xar
  const digest = checksum && (await digestOf(checksum.style, xar.packedTable))
  if (checksum === undefined || digest === undefined) return undefined
  if (checksum.sizeBytes !== digest.length / 2) return false
  return toHex(await readXarPlace(source, xar, checksum, 64)) === digest
}

/** A small XML file of the package; undefined when it is not there or cannot be read. */
async function metadata(
  { source, budget }: Opened,
  xar: Xar,
  path: string,
  checks: Check[],
): Promise<XmlElement | undefined> {
  const file = xar.files.find((candidate) => candidate.path === path)
  if (file === undefined || file.sizeBytes > MAX_METADATA_BYTES || file.unpackedBytes > MAX_METADATA_BYTES)
    return undefined
  const packed = await readXarPlace(source, xar, file, MAX_METADATA_BYTES)
  if (!(await hasChecksum(file, packed))) checks.push(mismatch(`the file ${quote(path)}`))
  try {
    return parseXml(await unpackXarFile(packed, file, MAX_METADATA_BYTES, budget), path)
  } catch (error) {
    if (error instanceof FormatLimitError) throw error
    if (error instanceof FormatError || error instanceof RangeError) return undefined
    throw error
  }
}

async function hasChecksum({ checksum }: XarFile, packed: Uint8Array): Promise<boolean> {
  const digest = checksum && (await digestOf(checksum.style, packed))
  return checksum === undefined || digest === undefined || digest === checksum.hex
}

/** Of the product, else of its only component. */
function productFacts(
  distribution: XmlElement | undefined,
  components: readonly XmlElement[],
): Pick<Inspection, 'identifier' | 'name' | 'version' | 'arch' | 'minOs'> {
  const product = child(distribution, 'product')
  const only = components.length === 1 ? components[0] : undefined
  const identifier = exactText(attribute(product, 'id')) ?? exactText(attribute(only, 'identifier'))
  const version = displayText(attribute(product, 'version')) ?? displayText(attribute(only, 'version'))
  const name = displayText(child(distribution, 'title')?.text)
  const cpus = attribute(child(distribution, 'options'), 'hostArchitectures')?.split(',') ?? []
  const arches = new Set(cpus.slice(0, 10).map((cpu) => archFrom(cpu.trim())))
  const arch = arches.size > 1 ? 'universal' : [...arches][0]
  const systems = children(child(child(distribution, 'volume-check'), 'allowed-os-versions'), 'os-version')
  const minOs = displayText(attribute(systems[0], 'min'))
  return {
    ...(identifier === undefined ? {} : { identifier }),
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(arch === undefined ? {} : { arch }),
    ...(minOs === undefined ? {} : { minOs }),
  }
}

function componentFacts(
  distribution: XmlElement | undefined,
  components: readonly XmlElement[],
): { packages?: string[]; installLocation?: string } {
  const references = children(distribution, 'pkg-ref').slice(0, 1000)
  const names = [
    ...components.map((component) => attribute(component, 'identifier')),
    ...references.map((reference) => attribute(reference, 'id')),
  ]
  const packages = [...new Set(names.flatMap((name) => exactText(name) ?? []))].slice(0, 100)
  const location = components.length === 1 ? displayText(attribute(components[0], 'install-location')) : undefined
  return {
    ...(packages.length === 0 ? {} : { packages }),
    ...(location === undefined ? {} : { installLocation: location }),
  }
}

interface Signer {
  readonly certificate: Certificate | undefined
  readonly holds: boolean | undefined
  /** By the timestamp of the signature in CMS. */
  readonly signedAt: Date | undefined
}

/** Packages have a signature in RSA and, since 2012, one of the same signer in CMS. */
async function signerOf({ source }: Opened, xar: Xar, tableHolds: boolean | undefined): Promise<Signer | undefined> {
  if (xar.signatures.length === 0) return undefined
  const found: { certificate: Certificate | undefined; holds: boolean | undefined; signedAt?: Date | undefined }[] = []
  for (const signature of xar.signatures) {
    if (signature.sizeBytes > MAX_SIGNATURE_BYTES) continue
    const bytes = await readXarPlace(source, xar, signature, MAX_SIGNATURE_BYTES)
    const checksum = xar.checksum && (await readXarPlace(source, xar, xar.checksum, 64))
    if (signature.style === 'CMS') found.push(await readCms(bytes, checksum))
    else {
      const certificate = signature.certificates[0] && readable(signature.certificates[0])
      found.push({ certificate, holds: await isSignedInRsa(xar, certificate, bytes, checksum) })
    }
  }
  const verdicts = found.map((signature) => signature.holds)
  const holds = verdicts.includes(true) ? true : verdicts.includes(false) ? false : undefined
  return {
    certificate: found.find(({ certificate }) => certificate !== undefined)?.certificate,
    holds: tableHolds === false ? false : holds,
    signedAt: found.find(({ signedAt }) => signedAt !== undefined)?.signedAt,
  }
}

/**
 * Apple's tools sign the checksum as a digest, so the signature is one over what the checksum is of; other tools, whose
 * packages Macs install as well, sign it as data.
 */
async function isSignedInRsa(
  xar: Xar,
  certificate: Certificate | undefined,
  signature: Uint8Array,
  checksum: Uint8Array | undefined,
): Promise<boolean | undefined> {
  const hash = HASHES[xar.checksum?.style.toLowerCase() ?? '']
  if (hash === undefined || certificate === undefined || checksum === undefined) return undefined
  const forms: readonly (readonly [HashName, Uint8Array])[] = [
    [hash, xar.packedTable],
    ['SHA-256', checksum],
    ['SHA-1', checksum],
  ]
  try {
    for (const [name, data] of forms) {
      const verdict = await verifySignature({ kind: 'rsa-pkcs1', hash: name }, certificate.publicKey, signature, data)
      if (verdict === 'unsupported') return undefined
      if (verdict === 'valid') return true
    }
    return false
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return undefined
    throw error
  }
}

/** Over the checksum as content; padding may follow. That it does not hold says nothing by itself. */
async function readCms(bytes: Uint8Array, checksum: Uint8Array | undefined) {
  try {
    const signer = parseSignedData(bytes).signers[0]
    if (signer === undefined || checksum === undefined) return { certificate: undefined, holds: undefined }
    const holds = (await verifySignerOf(signer, checksum)) === 'valid' ? true : undefined
    return { certificate: signer.certificate, holds, signedAt: holds ? await timestampOf(signer) : undefined }
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return { certificate: undefined, holds: undefined }
    throw error
  }
}

function readable(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return undefined
    throw error
  }
}

async function signatureFacts({ certificate, holds, signedAt }: Signer): Promise<Signature> {
  return {
    scheme: 'xar',
    state: holds === undefined ? 'unverified' : holds ? 'valid' : 'invalid',
    ...(await certificateFacts(certificate)),
    ...(signedAt === undefined ? {} : { signedAt: signedAt.toISOString() }),
  }
}

/** A stapled ticket stands behind the archive and ends with a trailer: `t8lr`, version 1, type 2, little-endian. */
async function hasTicket(source: ArtifactSource): Promise<boolean> {
  const trailer = await source.read(source.sizeBytes - 16, 16)
  return [0x74, 0x38, 0x6c, 0x72, 1, 0, 2, 0].every((byte, i) => trailer[i] === byte)
}

function signatureChecks(signer: Signer | undefined, isStapled: boolean, limits: InspectLimits): Check[] {
  if (signer === undefined) {
    const words = 'The package is not signed: Macs refuse to open a downloaded copy'
    return [finding('warning', 'pkg.unsigned', words)]
  }
  const checks: Check[] = []
  const { certificate, holds, signedAt } = signer
  if (holds === false) {
    const words = 'The package is not what was signed: its signature does not cover it, so Macs refuse it'
    checks.push(finding('error', 'pkg.signature_invalid', words))
  }
  if (certificate === undefined) return checks
  checks.push(
    ...validityChecks(
      {
        code: 'pkg.certificate',
        what: 'The certificate of the signer',
        validFrom: certificate.notBefore,
        validTo: certificate.notAfter,
        signedAt,
      },
      limits,
    ),
  )
  const kind: SigningKind = signingKindOf(certificate)
  if (kind === 'developer-id' && !isStapled) {
    const words = 'No notarization ticket is stapled to the package: Macs ask Apple for it when they open it first'
    checks.push(finding('info', 'pkg.not_notarized', words))
  }
  return checks
}
