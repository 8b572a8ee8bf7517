import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { parseStrictJson } from '../src/bytes/strict-json.ts'
import { DistError } from '../src/errors.ts'
import { Manifest, type ManifestArtifact } from '../src/model/manifest.ts'
import { sourceFromCi } from './ci-environment.ts'
import type { Env } from './config.ts'
import { expandGlob, isGlob } from './glob.ts'
import { manifestError, pathText } from './manifest-issues.ts'
import { readNotes } from './notes.ts'
import { checkFileNames, checkTag, type PlannedFile, type PublishPlan, planOf } from './publish-plan.ts'
import { systemReason } from './system-error.ts'
import { readText } from './text-file.ts'

/** The largest real one is a few KiB, and it is held in memory. Bytes. */
const MAX_MANIFEST_BYTES = 1 << 20

/**
 * Reads `dist.json` into a plan and checks everything that needs no server.
 * @param path of the file, absolute
 * @throws DistError manifest.*, release.tag_mismatch, artifact.file_name, artifact.describes_unknown
 */
export async function readManifest(path: string, env: Env): Promise<PublishPlan> {
  const shown = basename(path)
  const text = await readText(path, MAX_MANIFEST_BYTES, 'manifest.unreadable')
  const manifest = parseManifest(text, shown, env)
  const folder = await realpath(dirname(path))
  refuseLater(manifest, shown)
  checkTag(manifest)
  const files: PlannedFile[] = []
  for (const [i, artifact] of (manifest.artifacts ?? []).entries()) {
    files.push(...(await findFiles(folder, artifact, `artifacts[${i}].path`)))
  }
  checkFileNames(files, 'manifest.invalid')
  return planOf(manifest, {
    notes: await notesOf(folder, manifest),
    source: manifest.source ?? sourceFromCi(env),
    files,
    links: manifest.links ?? [],
  })
}

/** Text of `dist.json` → its checked contents, variables filled in. @throws DistError manifest.invalid, manifest.variable */
export function parseManifest(text: string, shown: string, env: Env): Manifest {
  let document: unknown
  try {
    document = parseStrictJson(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new DistError('manifest.invalid', `Cannot use ${shown}: ${why}`, { cause })
  }
  const parsed = Manifest.safeParse(fillVariables(document, env, shown))
  if (!parsed.success) throw manifestError(shown, Manifest, parsed.error)
  return parsed.data
}

/** `${NAME}` in any text value becomes the variable's value; `$${` stands for `${` itself. */
function fillVariables(document: unknown, env: Env, shown: string): unknown {
  const missing: { name: string; path: string }[] = []
  const visit = (value: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof value === 'string') {
      return value.replace(/\$(\$\{)|\${([^}]{0,200})}/g, (_all, escaped: string | undefined, name: string) => {
        if (escaped !== undefined) return escaped
        const filled = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? env[name] : undefined
        if (filled === undefined) missing.push({ name, path: pathText(path) })
        return filled ?? ''
      })
    }
    if (Array.isArray(value)) return value.map((item, i) => visit(item, [...path, i]))
    if (typeof value === 'object' && value !== null) {
      // A key such as __proto__ stays an own field, which the schema then refuses by name.
      const filled: Record<string, unknown> = Object.create(null)
      for (const [key, item] of Object.entries(value)) filled[key] = visit(item, [...path, key])
      return { ...filled }
    }
    return value
  }
  const filled = visit(document, [])
  const [first] = missing
  if (first) {
    throw new DistError(
      'manifest.variable',
      `Cannot use ${shown}: ${first.path} needs the variable "${first.name}", which is not set`,
      {
        details: { missing },
        hint: `Set ${first.name} in the environment of this job`,
      },
    )
  }
  return filled
}

/** Parts of the format that this version does not serve yet are told apart from mistakes. */
function refuseLater(manifest: Manifest, shown: string): void {
  for (const [i, artifact] of (manifest.artifacts ?? []).entries()) {
    if (artifact.apt === undefined) continue
    throw new DistError(
      'manifest.later',
      `Cannot use ${shown}: artifacts[${i}].apt: package repositories are not available yet`,
      {
        hint: 'Remove "apt"; the package can be downloaded from its release all the same',
      },
    )
  }
}

async function findFiles(folder: string, artifact: ManifestArtifact, field: string): Promise<PlannedFile[]> {
  const { path, many = false, fileName, apt: _apt, ...declared } = artifact
  if (many && fileName !== undefined) {
    throw new DistError(
      'manifest.invalid',
      `Cannot use "${path}": "fileName" names one file and "many" asks for several`,
    )
  }
  checkInside(folder, resolve(folder, path), path, field)
  const matches = isGlob(path) ? await expandFor(folder, path) : [path]
  if (matches.length === 0) {
    throw new DistError('manifest.file_missing', `Cannot find a file for ${field} "${path}": nothing matches`)
  }
  if (matches.length > 1 && !many) {
    throw new DistError('manifest.glob', `Cannot choose a file for ${field} "${path}": ${matches.length} files match`, {
      details: { matches: matches.slice(0, 20) },
    })
  }
  return Promise.all(
    matches.map(async (match) => ({
      path: await realFile(folder, match, field),
      shownPath: match,
      fileName: fileName ?? basename(match).normalize('NFC'),
      declared,
    })),
  )
}

async function expandFor(folder: string, pattern: string): Promise<string[]> {
  try {
    return await expandGlob(folder, pattern)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new DistError('manifest.glob', cause.message, {
      hint: 'Start the pattern with the folder of the build output',
    })
  }
}

/** Absolute path of a file, links resolved. @throws DistError manifest.file_missing, manifest.path */
async function realFile(folder: string, path: string, field: string): Promise<string> {
  const full = resolve(folder, path)
  checkInside(folder, full, path, field)
  let real: string
  let isFile: boolean
  try {
    real = await realpath(full)
    isFile = (await stat(real)).isFile()
  } catch (cause) {
    throw new DistError('manifest.file_missing', `Cannot find ${field} "${path}": ${systemReason(cause)}`, { cause })
  }
  checkInside(folder, real, path, field)
  if (!isFile) {
    throw new DistError('manifest.file_missing', `Cannot publish ${field} "${path}": it is not a file`, {
      hint: 'Pack a folder (an .app bundle, for example) into an archive first',
    })
  }
  return real
}

function checkInside(folder: string, full: string, path: string, field: string): void {
  const inside = relative(folder, full)
  if (!isAbsolute(path) && !isAbsolute(inside) && inside !== '..' && !inside.startsWith(`..${sep}`)) return
  throw new DistError('manifest.path', `Cannot use ${field} "${path}": it leaves the folder of dist.json`)
}

async function notesOf(folder: string, manifest: Manifest): Promise<string | undefined> {
  const { notes } = manifest
  if (notes === undefined || typeof notes === 'string') return notes
  return readNotes(await realFile(folder, notes.file, 'notes.file'), notes.file, manifest)
}
