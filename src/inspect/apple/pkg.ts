import { toHex } from '../../bytes/encoding.ts'
import { readXar, readXarPlace, unpackXarFile, type Xar, xarHash } from '../../formats/archive/xar.ts'
import type { Budget } from '../../formats/budget.ts'
import { attribute, child, children, parseXml, type XmlElement } from '../../formats/document/xml.ts'
import { FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import type { Check, Inspection, InspectionReport } from '../../model/inspection.ts'
import { archFrom } from '../../model/platform.ts'
import { displayText, exactText, finding } from '../finding.ts'
import type { ArtifactSource, InspectLimits, Inspector } from '../inspector.ts'
import { reading } from '../reading.ts'
import { signingKindOf } from './apple-signature.ts'
import { readPayload } from './pkg-payload.ts'
import { signatureChecks, signatureFacts, signerOf, ticketBytes } from './pkg-signature.ts'

/** Both hold texts of some KiB. */
const MAX_METADATA_BYTES = 1 << 20
/** Packages in a package; each is read. */
const MAX_COMPONENTS = 16

/**
 * Installer packages of macOS: a xar archive. Read: the table of contents with its checksum and signature, which are
 * verified, the checksum of every file, `Distribution` and each `PackageInfo`, and whether a ticket of notarization is
 * stapled. Not read: what the payloads hold.
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
  if (tableHolds === false) {
    const words = 'The package is damaged: the table of contents does not have its checksum'
    checks.push(finding('error', 'pkg.checksum_mismatch', words))
  }
  const ticket = await ticketBytes(source)
  const payload = await readPayload(source, xar, ticket, budget)
  checks.push(...payload.checks)
  const distribution = await metadata(pkg, xar, 'Distribution')
  const components: XmlElement[] = []
  for (const file of xar.files.filter(({ path }) => /^(?:[^/]+\/)?PackageInfo$/.test(path)).slice(0, MAX_COMPONENTS)) {
    const component = await metadata(pkg, xar, file.path)
    if (component !== undefined) components.push(component)
  }
  if (distribution === undefined && components.length === 0)
    checks.push(
      finding('warning', 'pkg.no_metadata', 'The package holds nothing that can be installed, or it cannot be read'),
    )

  const signer = await signerOf(source, xar, { table: tableHolds, payload: payload.holds })
  const isStapled = ticket > 0
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

/** Undefined when there is no checksum, or one of a kind that we do not know. */
async function matchesChecksum({ source }: Opened, xar: Xar): Promise<boolean | undefined> {
  const { checksum } = xar
  const hash = checksum && xarHash(checksum.style)
  if (checksum === undefined || hash === undefined) return undefined
  const digest = toHex(new Uint8Array(await crypto.subtle.digest(hash, Uint8Array.from(xar.packedTable))))
  if (checksum.sizeBytes !== digest.length / 2) return false
  return toHex(await readXarPlace(source, xar, checksum, 64)) === digest
}

/** A small XML file of the package; undefined when it is not there or cannot be read. */
async function metadata({ source, budget }: Opened, xar: Xar, path: string): Promise<XmlElement | undefined> {
  const file = xar.files.find((candidate) => candidate.path === path)
  if (file === undefined || file.sizeBytes > MAX_METADATA_BYTES || file.unpackedBytes > MAX_METADATA_BYTES)
    return undefined
  const packed = await readXarPlace(source, xar, file, MAX_METADATA_BYTES)
  try {
    return parseXml(await unpackXarFile(packed, file, MAX_METADATA_BYTES, budget), path)
  } catch (error) {
    if (error instanceof FormatLimitError) throw error
    if (isAboutBytes(error)) return undefined
    throw error
  }
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
