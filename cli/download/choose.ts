import { DistError } from '../../src/errors.ts'
import type { Artifact } from '../../src/model/artifact.ts'
import { archFrom, FORMATS, platformFrom } from '../../src/model/platform.ts'
import { displayWidth, padColumns } from '../width.ts'

export interface Wish {
  readonly file?: string | undefined
  readonly platform?: string | undefined
  readonly arch?: string | undefined
  readonly format?: string | undefined
}

/**
 * The one artifact that fits. Without `file` only those of kind `app` count, unless the release has no other; one for
 * `any` platform or arch, or a universal one, counts when none is exact.
 *
 * @throws DistError `artifact.not_found`; `artifact.ambiguous` with `details.candidates`; `usage.invalid` for a word
 * that is no platform, arch or format
 */
export function chooseArtifact(artifacts: readonly Artifact[], wish: Wish): Artifact {
  const platform = knownWord('platform', wish.platform, platformFrom)
  const arch = knownWord('arch', wish.arch, archFrom)
  const format = knownWord('format', wish.format, (text) => FORMATS.find((word) => word === text.toLowerCase()))
  let fitting: readonly Artifact[]
  if (wish.file !== undefined) {
    fitting = artifacts.filter((artifact) => artifact.fileName === wish.file)
  } else {
    const apps = artifacts.filter((artifact) => artifact.kind === 'app')
    fitting = apps.length > 0 ? apps : artifacts
  }
  fitting = fitting.filter((artifact) => format === undefined || artifact.format === format)
  fitting = exactOrWider(fitting, platform, (artifact) => artifact.platform, ['any'])
  fitting = exactOrWider(fitting, arch, (artifact) => artifact.arch, ['universal', 'any'])
  const [artifact] = fitting
  if (artifact === undefined) {
    throw new DistError('artifact.not_found', 'Cannot download: no file of the release fits', {
      details: { candidates: artifacts.map(candidate) },
      hint: artifacts.length === 0 ? 'The release has no files' : `It has:\n${listed(artifacts)}`,
    })
  }
  if (fitting.length > 1) {
    throw new DistError('artifact.ambiguous', `Cannot download: ${fitting.length} files of the release fit`, {
      details: { candidates: fitting.map(candidate) },
      hint: `Choose with --file, --platform, --arch or --format from:\n${listed(fitting)}`,
    })
  }
  return artifact
}

function exactOrWider<T>(
  artifacts: readonly Artifact[],
  wanted: T | undefined,
  of: (artifact: Artifact) => T,
  wider: readonly T[],
): readonly Artifact[] {
  if (wanted === undefined) return artifacts
  for (const word of [wanted, ...wider]) {
    const fitting = artifacts.filter((artifact) => of(artifact) === word)
    if (fitting.length > 0) return fitting
  }
  return []
}

/** @throws DistError `usage.invalid` */
export function knownWord<T>(
  what: string,
  text: string | undefined,
  read: (text: string) => T | undefined,
): T | undefined {
  if (text === undefined) return undefined
  const word = read(text)
  if (word === undefined) throw new DistError('usage.invalid', `Cannot read "${text}" as ${what}`)
  return word
}

function candidate({ fileName, kind, platform, arch, format, variant, sizeBytes, digest }: Artifact) {
  return { fileName, kind, platform, arch, format, variant, sizeBytes, digest }
}

function listed(artifacts: readonly Artifact[]): string {
  const width = Math.max(...artifacts.map(({ fileName }) => displayWidth(fileName)))
  return artifacts
    .map(
      (a) =>
        `  ${padColumns(a.fileName, width)}  ${a.platform} ${a.arch} ${a.format}${a.variant ? ` ${a.variant}` : ''}`,
    )
    .join('\n')
}
