import { realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { parseStrictJson } from '../../src/bytes/strict-json.ts'
import { DistError } from '../../src/errors.ts'
import { Manifest } from '../../src/model/manifest.ts'
import type { Env } from '../config.ts'
import { sourceFromCi } from '../publish/ci-environment.ts'
import {
  checkFileNames,
  checkPrerelease,
  checkTag,
  type PlannedFile,
  type PublishPlan,
  planOf,
  type UnbuiltPlan,
} from '../publish/plan.ts'
import { readText } from '../text-file.ts'
import { findFiles, knownName, mayBe, missingFile, realFile, wantedFile } from './files.ts'
import { manifestError, pathText } from './issues.ts'
import { readNotes } from './notes.ts'

/** The largest real one is a few KiB, and it is held in memory. Bytes. */
const MAX_MANIFEST_BYTES = 1 << 20

/**
 * Reads `dist.json` into a plan and checks everything that needs no server.
 * @param path of the file, absolute
 * @throws DistError manifest.*, release.tag_mismatch, artifact.file_name, artifact.describes_unknown
 */
export async function readManifest(path: string, env: Env): Promise<PublishPlan> {
  const { folder, plan } = await readUnbuilt(path, env)
  const files: PlannedFile[] = []
  for (const [i, wanted] of plan.files.entries()) {
    const field = `artifacts[${i}].path`
    const found = await findFiles(folder, wanted, field)
    if (found.length === 0) throw missingFile(wanted, field)
    files.push(...found)
  }
  checkFileNames(files, 'manifest.invalid')
  return { ...plan, files }
}

/**
 * The same before anything is built: of the files only their paths and names are checked.
 * @returns the plan, and the folder that its paths are relative to
 * @throws DistError manifest.*, release.tag_mismatch, artifact.file_name, artifact.describes_unknown
 */
export async function readUnbuilt(path: string, env: Env): Promise<{ folder: string; plan: UnbuiltPlan }> {
  const shown = basename(path)
  const text = await readText(path, MAX_MANIFEST_BYTES, 'manifest.unreadable')
  const manifest = parseManifest(text, shown, env)
  const folder = await realpath(dirname(path))
  refuseLater(manifest, shown)
  checkTag(manifest)
  checkPrerelease(manifest)
  const files = (manifest.artifacts ?? []).map((artifact, i) => wantedFile(folder, artifact, `artifacts[${i}].path`))
  const named = files.flatMap((file) => {
    const fileName = knownName(file)
    return fileName === undefined ? [] : [{ shownPath: file.path, fileName, declared: file.declared }]
  })
  checkFileNames(named, 'manifest.invalid', (name) => files.some((file) => mayBe(file, name)))
  const plan = planOf(manifest, {
    notes: await notesOf(folder, manifest),
    source: manifest.source ?? sourceFromCi(env),
    files,
    links: manifest.links ?? [],
  })
  return { folder, plan }
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

async function notesOf(folder: string, manifest: Manifest): Promise<string | undefined> {
  const { notes } = manifest
  if (notes === undefined || typeof notes === 'string') return notes
  const path = await realFile(folder, notes.file, 'notes.file')
  if (path === undefined) throw missingFile({ path: notes.file }, 'notes.file')
  return readNotes(path, notes.file, manifest)
}
