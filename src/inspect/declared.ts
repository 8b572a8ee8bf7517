import { DistError } from '../errors.ts'
import type { ArtifactKind, AttachArtifact } from '../model/artifact.ts'
import type { Inspection, InstallMode } from '../model/inspection.ts'
import { type Arch, archFrom, type Format, type Platform, platformFrom } from '../model/platform.ts'

/** What an artifact is for, where its publisher does not say. */
function kindOf(declared: Pick<AttachArtifact, 'kind'>, inspection: Inspection): ArtifactKind {
  return declared.kind ?? (inspection.format === 'sbom' ? 'sbom' : 'app')
}

/** What an artifact is, after the publisher's words and the bytes were laid side by side. */
export interface Resolved {
  readonly kind: ArtifactKind
  readonly platform: Platform
  readonly arch: Arch
  readonly format: Format
  readonly install: InstallMode
}

/** What the bytes may be read as under a declared format. Every other difference contradicts. */
const READ_AS: Readonly<Partial<Record<Format, readonly Format[]>>> = {
  // Which of the two a program is, is a matter of its use.
  exe: ['pe'],
  pe: ['exe'],
  // The same bytes: MSIX is its later name.
  appx: ['msix'],
  // The plainer container of what the bytes were found to be.
  zip: ['app-zip', 'wheel'],
  'tar.gz': ['npm'],
  // Without a mark of their own that is looked for: the publisher's word stands.
  oci: ['tar.gz', 'zip', 'file'],
  sbom: ['file'],
}

function agrees(declared: Format, read: Format): boolean {
  return declared === read || (READ_AS[declared]?.includes(read) ?? false)
}

function contradiction(fileName: string, what: string, declared: string, read: string): DistError {
  return new DistError(
    'artifact.contradiction',
    `Cannot accept "${fileName}": declared ${what} "${declared}", but the bytes say "${read}"`,
    {
      details: { fileName, field: what, declared, read },
    },
  )
}

/** An archive for everybody may hold programs of one platform only, such as a launcher. */
function isArchive(format: Format): boolean {
  return format === 'zip' || format.startsWith('tar.')
}

/** Whether bytes for the CPUs that were read may be offered to those of the publisher. */
function fits(wanted: Arch, { format, arch, facts }: Inspection): boolean {
  if (wanted === arch || arch === 'any' || arch === 'universal') return true
  if (wanted === 'any' || wanted === 'universal') return isArchive(format)
  // A 32-bit stub installs programs for other CPUs too.
  return facts?.installer !== undefined
}

/** Kinds and formats that belong to no platform unless somebody says so. */
function belongsAnywhere(kind: ArtifactKind, format: Format): boolean {
  return kind !== 'app' || format === 'npm' || format === 'wheel' || format === 'sbom'
}

/** Install modes from widest to narrowest, per family; a publisher may only go to the right. */
const WIDTHS: readonly (readonly InstallMode[])[] = [
  ['enterprise', 'download'],
  ['apk', 'file'],
]

function narrow(fileName: string, declared: InstallMode | undefined, widest: InstallMode): InstallMode {
  if (declared === undefined || declared === widest) return widest
  const family = WIDTHS.find((modes) => modes.includes(widest))
  if (family && family.indexOf(declared) > family.indexOf(widest)) return declared
  throw new DistError(
    'artifact.install_too_wide',
    `Cannot accept "${fileName}": install mode "${declared}" is wider than the bytes allow ("${widest}")`,
    { details: { fileName, declared, widest } },
  )
}

/**
 * Lays what was declared beside what the bytes say. What is not declared is taken from the bytes.
 * @throws DistError artifact.contradiction, artifact.platform_unknown, artifact.install_too_wide
 */
export function resolveDeclared(
  fileName: string,
  declared: Pick<AttachArtifact, 'kind' | 'platform' | 'arch' | 'format' | 'install'>,
  inspection: Inspection,
): Resolved {
  const kind = kindOf(declared, inspection)
  if (declared.format !== undefined && !agrees(declared.format, inspection.format)) {
    throw contradiction(fileName, 'format', declared.format, inspection.format)
  }
  const format = declared.format ?? inspection.format
  const wantedPlatform = declared.platform === undefined ? undefined : platformFrom(declared.platform)!
  const wantedArch = declared.arch === undefined ? undefined : archFrom(declared.arch)!
  const read = inspection.platform
  if (
    wantedPlatform !== undefined &&
    read !== undefined &&
    wantedPlatform !== read &&
    read !== 'any' &&
    !(wantedPlatform === 'any' && isArchive(inspection.format)) &&
    kind === 'app'
  ) {
    throw contradiction(fileName, 'platform', wantedPlatform, read)
  }
  if (wantedArch !== undefined && inspection.arch !== undefined && kind === 'app' && !fits(wantedArch, inspection))
    throw contradiction(fileName, 'arch', wantedArch, inspection.arch)
  const anywhere = belongsAnywhere(kind, format)
  const platform = wantedPlatform ?? (kind === 'app' ? read : undefined) ?? (anywhere ? 'any' : undefined)
  if (platform === undefined) {
    throw new DistError(
      'artifact.platform_unknown',
      `Cannot accept "${fileName}": neither its bytes nor the publisher tell the platform`,
      {
        details: { fileName, format },
      },
    )
  }
  const arch = wantedArch ?? (kind === 'app' ? inspection.arch : undefined) ?? 'any'
  const install = kind === 'app' ? narrow(fileName, declared.install, inspection.install ?? 'file') : 'file'
  return { kind, platform, arch, format, install }
}
