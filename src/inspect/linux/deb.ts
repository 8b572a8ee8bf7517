import type { ByteSource } from '../../bytes/byte-source.ts'
import { AR_MAGIC, listAr } from '../../formats/archive/ar.ts'
import { gunzip } from '../../formats/archive/gz.ts'
import { readTar, type TarMember } from '../../formats/archive/tar.ts'
import { unxz } from '../../formats/archive/xz.ts'
import { unzstd } from '../../formats/archive/zst.ts'
import type { Budget } from '../../formats/budget.ts'
import { decodeLatin1, decodeUtf8 } from '../../formats/decode-text.ts'
import { parseDeb822, type Stanza } from '../../formats/linux/deb822.ts'
import type { Check, Inspection, InspectionReport } from '../../model/inspection.ts'
import { archFrom } from '../../model/platform.ts'
import { TarChecks } from '../archive/tar-checks.ts'
import { displayText, finding, quote } from '../finding.ts'
import { InspectionError, InspectionLimitError, type Inspector } from '../inspector.ts'
import { reading } from '../reading.ts'

/** Packed and unpacked; the largest seen, with long lists of checksums, have some 2 MiB. */
const MAX_CONTROL_TAR_BYTES = 32 << 20
const MAX_CONTROL_BYTES = 1 << 20
/** `debian-binary`, control and data; dpkg ignores members that start with `_`. */
const MAX_MEMBERS = 32

/**
 * Debian packages (deb(5)): an ar archive of `debian-binary`, `control.tar[.gz|.xz|.zst]` and `data.tar[.…]`. Read: the
 * stanza `./control` (deb-control(5)) and the names of all members beside it.
 *
 * Not read: `data.tar`, the files of the package. It may be the whole of a file of hundreds of MiB and must be unpacked
 * from its start to tell a single name, on every upload; and its paths are those of the system by design.
 */
export const debInspector: Inspector = {
  name: 'deb',
  format: 'deb',
  async sniff(head) {
    return decodeLatin1(head.subarray(0, 21)) === `${AR_MAGIC}debian-binary`
  },
  inspect: (source, limits) => reading('deb', limits, (budget) => inspectDeb(source, budget)),
}

async function inspectDeb(source: ByteSource, budget: Budget): Promise<InspectionReport> {
  const checks: Check[] = []
  const members = (await listAr(source, MAX_MEMBERS)).filter((member) => !member.name.startsWith('_'))
  const [version, control, data, ...more] = members
  if (version?.name !== 'debian-binary' || version.sizeBytes > 64) {
    throw new InspectionError('deb', 'The package does not start with "debian-binary"')
  }
  const format = decodeLatin1(await source.read(version.offset, version.sizeBytes))
  if (!/^2\.\d+\n/.test(format)) throw new InspectionError('deb', `The package format ${quote(format)} is not 2.x`)
  const compression = /^control\.tar(|\.gz|\.xz|\.zst)$/.exec(control?.name ?? '')?.[1]
  if (control === undefined || compression === undefined) {
    throw new InspectionError(
      'deb',
      `The second member is ${quote(control?.name ?? 'missing')} instead of "control.tar"`,
    )
  }
  if (!/^data\.tar(?:\.(?:gz|xz|zst|bz2|lzma))?$/.test(data?.name ?? '')) {
    throw new InspectionError('deb', `The third member is ${quote(data?.name ?? 'missing')} instead of "data.tar"`)
  }
  if (more.length > 0)
    checks.push(finding('warning', 'deb.extra_member', `The package has an unknown member ${quote(more[0]!.name)}`))
  if (control.sizeBytes > MAX_CONTROL_TAR_BYTES) {
    throw new InspectionLimitError('deb', `The control archive is larger than ${MAX_CONTROL_TAR_BYTES} bytes`)
  }
  const packed = await source.read(control.offset, control.sizeBytes)
  const controlChecks = new TarChecks()
  const stanza = await readControl(bounded(unpacked(packed, compression, budget)), controlChecks, budget)
  checks.push(...controlChecks.checks)
  return { inspection: inspectionOf(stanza, checks), checks }
}

function unpacked(
  bytes: Uint8Array,
  compression: string,
  budget: Budget,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (compression === '.gz') return gunzip(once(bytes), budget)
  if (compression === '.xz') return unxz(bytes, budget)
  if (compression === '.zst') return unzstd(bytes, budget)
  return [bytes]
}

async function* bounded(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of chunks) {
    total += chunk.byteLength
    if (total > MAX_CONTROL_TAR_BYTES) {
      throw new InspectionLimitError('deb', `The control archive unpacks to more than ${MAX_CONTROL_TAR_BYTES} bytes`)
    }
    yield chunk
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The whole archive is read: dpkg unpacks all of it, so a second `control` would win over the first. */
async function readControl(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  checks: TarChecks,
  budget: Budget,
): Promise<Stanza> {
  let found: Uint8Array | undefined
  const isNamedControl = (name = '') => name.replace(/^(?:\.?\/)+/, '') === 'control'
  const isControl = (member: Pick<TarMember, 'name' | 'sparseName'>) =>
    isNamedControl(member.name) || isNamedControl(member.sparseName?.name)
  for await (const member of readTar(chunks, budget, (m) => (isControl(m) ? MAX_CONTROL_BYTES : 0))) {
    checks.see(member)
    if (!isControl(member)) continue
    if (found !== undefined) throw new InspectionError('deb', 'The control archive holds "control" twice')
    if (member.kind !== 'file') throw new InspectionError('deb', '"control" is not a file')
    if (member.sizeBytes > MAX_CONTROL_BYTES)
      throw new InspectionLimitError('deb', `"control" is larger than ${MAX_CONTROL_BYTES} bytes`)
    found = member.head.slice()
  }
  if (found === undefined) throw new InspectionError('deb', 'The control archive has no "control"')
  const stanzas = parseDeb822(decodeUtf8(found, '"control"'))
  if (stanzas.length !== 1) throw new InspectionError('deb', `"control" has ${stanzas.length} stanzas instead of one`)
  return stanzas[0]!
}

/** Texts of {@link Inspection} `facts`, by their field in the control stanza. */
const FACTS = {
  architecture: 'architecture',
  depends: 'depends',
  preDepends: 'pre-depends',
  conflicts: 'conflicts',
  breaks: 'breaks',
  replaces: 'replaces',
  provides: 'provides',
  multiArch: 'multi-arch',
  // KiB, estimated by who packed it.
  installedSize: 'installed-size',
  maintainer: 'maintainer',
  section: 'section',
  priority: 'priority',
  homepage: 'homepage',
} as const

function inspectionOf(stanza: Stanza, checks: Check[]): Inspection {
  const mandatory = (name: string, pattern: RegExp): string => {
    const value = stanza.get(name.toLowerCase())
    if (value === undefined || value === '') throw new InspectionError('deb', `"control" has no field ${name}`)
    if (value.length > 255 || !pattern.test(value))
      throw new InspectionError('deb', `The field ${name} is not valid: ${quote(value)}`)
    return value
  }
  const identifier = mandatory('Package', /^[a-z0-9][a-z0-9+.-]+$/)
  const version = mandatory('Version', /^(?:\d+:)?[0-9][0-9A-Za-z.+~:-]*$/)
  const architecture = mandatory('Architecture', /^[a-z0-9][a-z0-9-]*$/)
  const missing = ['Maintainer', 'Description'].filter((name) => !stanza.get(name.toLowerCase()))
  if (missing.length > 0)
    checks.push(finding('warning', 'deb.incomplete', `"control" has no field ${missing.join(', ')}`))

  const facts: Record<string, string> = {}
  for (const [name, field] of Object.entries(FACTS)) {
    const value = displayText(stanza.get(field))
    if (value !== undefined) facts[name] = value
  }
  const description = displayText(stanza.get('description')?.split('\n')[0])
  if (description !== undefined) facts.description = description
  const arch = archFrom(architecture)
  return {
    format: 'deb',
    platform: 'linux',
    ...(arch === undefined ? {} : { arch }),
    identifier,
    version,
    install: 'file',
    facts,
  }
}
