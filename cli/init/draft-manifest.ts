import { fileNameKey, fileNameProblem } from '../../src/model/file-name.ts'
import { Manifest, type ManifestArtifact } from '../../src/model/manifest.ts'
import { type Arch, archFrom, type Platform, platformFrom } from '../../src/model/platform.ts'
import { Version } from '../../src/model/version.ts'
import type { FoundFile } from './build-output.ts'
import type { Project } from './project.ts'

export interface DraftedManifest {
  readonly manifest: Manifest
  /** What a person should look at before publishing; one sentence each. */
  readonly notes: readonly string[]
  /** What has to be filled in before it can be published; empty when nothing has. */
  readonly toFillIn: readonly string[]
}

/**
 * A `dist.json` for what was found; the schema accepts it.
 * @param given.schemaUrl where editors find the schema; left out of the file when absent
 * @throws ZodError when a given slug or version is not valid
 */
export function draftManifest(
  project: Project,
  files: readonly FoundFile[],
  given: {
    readonly app?: string | undefined
    readonly version?: string | undefined
    readonly schemaUrl?: string | undefined
  },
): DraftedManifest {
  const notes: string[] = []
  const toFillIn: string[] = []
  const artifacts: ManifestArtifact[] = []
  const taken = new Map<string, string>()
  for (const file of files) {
    const error = file.checks.find((check) => check.level === 'error')
    if (error !== undefined) {
      notes.push(`${file.path} is left out: ${error.message} (${error.code})`)
      continue
    }
    const problem = fileNameProblem(file.fileName)
    const clash = taken.get(fileNameKey(file.fileName))
    if (problem !== undefined || clash !== undefined) {
      notes.push(
        `${file.path} is left out: ${problem === undefined ? `${clash} has the same file name` : `its name is not allowed, ${problem}`}; add it with a "fileName"`,
      )
      continue
    }
    taken.set(fileNameKey(file.fileName), file.path)
    const artifact: ManifestArtifact = { path: literalPath(file.path) }
    const { platform, arch, format } = file.inspection
    if (platform === undefined) {
      const guess = guessFromName(file.fileName)
      if (guess.platform === undefined) {
        notes.push(`${file.path}: neither bytes nor name tell the platform; add "platform"`)
        toFillIn.push(`"platform" of ${file.path}`)
      } else {
        Object.assign(
          artifact,
          { platform: guess.platform },
          arch === undefined && guess.arch !== undefined ? { arch: guess.arch } : {},
        )
        notes.push(`${file.path}: taken for ${[guess.platform, guess.arch].filter(Boolean).join(' ')} by its name`)
      }
    }
    if (format === 'sbom') artifact.kind = 'sbom'
    artifacts.push(artifact)
  }
  const version = given.version ?? project.version ?? versionOf(files)
  if (version === undefined) {
    notes.push('nothing tells the version: "0.1.0" is a placeholder')
    toFillIn.push('"version"')
  }
  if (artifacts.length === 0) {
    notes.push('no artifact was found: replace the path in "artifacts" by what your build makes')
    artifacts.push({ path: 'out/app.tar.gz', platform: 'any' })
    toFillIn.push('the path in "artifacts"')
  }
  const manifest = Manifest.parse({
    ...(given.schemaUrl === undefined ? {} : { $schema: given.schemaUrl }),
    schema: 1,
    app: given.app ?? project.slug,
    ...(project.name === undefined ? {} : { name: project.name }),
    version: version ?? '0.1.0',
    ...(project.changelog === undefined ? {} : { notes: { file: project.changelog } }),
    artifacts,
  })
  return { manifest, notes, toFillIn }
}

/** The version that the bytes agree on. */
function versionOf(files: readonly FoundFile[]): string | undefined {
  const versions = new Set(files.map((file) => file.inspection.version).filter((version) => version !== undefined))
  const [version] = versions
  return versions.size === 1 && Version.safeParse(version).success ? version : undefined
}

/** Platform and arch that the words of a file name tell: `tool-1.0-linux-x86_64.tar.gz`. */
export function guessFromName(fileName: string): { platform?: Platform; arch?: Arch } {
  const words = fileName.replace(/x86[_-]64/gi, 'x64').split(/[^A-Za-z0-9]+/)
  // "any" and "all" in a name are words of a sentence, not claims.
  const meant = words.filter((word) => !/^(?:any|all|universal|fat|noarch)$/i.test(word))
  const platform = meant.map(platformFrom).find((word) => word !== undefined)
  const arch = meant.map(archFrom).find((word) => word !== undefined)
  return { ...(platform === undefined ? {} : { platform }), ...(arch === undefined ? {} : { arch }) }
}

/** A path that means itself: characters of a pattern become one that matches them. */
function literalPath(path: string): string {
  return path.replace(/\*/g, '?')
}

/** The text of a `dist.json`; `${` in it stands for itself. */
export function manifestText(manifest: Manifest): string {
  const literal = (_key: string, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('${', () => '$${') : value
  return `${JSON.stringify(manifest, literal, 2)}\n`
}
