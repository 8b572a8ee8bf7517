import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CreateApp, Slug } from '../../src/model/app.ts'
import { Version, versionOfTag } from '../../src/model/version.ts'
import { readText } from '../text-file.ts'

/** What a project says about itself is some KiB; what is larger is something else. Bytes. */
const MAX_PROJECT_FILE_BYTES = 4 << 20

/** What the project's own files tell; absent where they do not, or where it is not valid here. */
export interface Project {
  readonly slug: string
  readonly name: string | undefined
  readonly version: string | undefined
  /** File name of a changelog, whose section becomes the notes. */
  readonly changelog: string | undefined
}

interface Facts {
  readonly name?: string | undefined
  readonly title?: string | undefined
  readonly version?: string | undefined
}

/**
 * Reads package.json, Cargo.toml, pyproject.toml and pubspec.yaml, the first that there is; else the folder's name.
 * @throws DistError `file.unreadable` for a file that is not UTF-8: what it says is written into `dist.json`
 */
export async function readProject(folder: string): Promise<Project> {
  const facts = (await packageJson(folder)) ?? (await keyValues(folder)) ?? {}
  const { name = basename(folder), title, version } = facts
  const changelogs = await Promise.all(
    ['CHANGELOG.md', 'Changelog.md', 'changelog.md', 'CHANGES.md'].map(async (file) =>
      (await isFile(join(folder, file))) ? file : undefined,
    ),
  )
  const shown = title ?? name
  const plain = version === undefined ? undefined : versionOfTag(version).replace(/\+.*$/, '')
  return {
    slug: slugFrom(name),
    name: CreateApp.shape.name.safeParse(shown).success ? shown : undefined,
    version: Version.safeParse(plain).success ? plain : undefined,
    changelog: changelogs.find((file) => file !== undefined),
  }
}

/** A slug as near to `name` as the rules allow: `@acme/Notes App` → `acme-notes-app`. */
export function slugFrom(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 59)
    .replace(/-+$/, '')
  if (plain === '') return 'my-app'
  return Slug.safeParse(plain).success ? plain : `${plain}-app`
}

async function packageJson(folder: string): Promise<Facts | undefined> {
  const text = await optionalText(join(folder, 'package.json'))
  if (text === undefined) return undefined
  try {
    const { name, version, productName } = JSON.parse(text) as Record<string, unknown>
    return { name: textOf(name), version: textOf(version), title: textOf(productName) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

/** `name = "notes"` and `version: 1.0.0` at the start of a line; enough of TOML and YAML for these two keys. */
async function keyValues(folder: string): Promise<Facts | undefined> {
  for (const file of ['Cargo.toml', 'pyproject.toml', 'pubspec.yaml']) {
    const text = await optionalText(join(folder, file))
    if (text === undefined) continue
    // Keys of the package come first; what follows another table is about dependencies.
    const own =
      /^\[(?:package|project)\]\s*$([\s\S]*?)(?=^\[|$(?![\s\S]))/m.exec(text)?.[1] ??
      (file.endsWith('.yaml') ? text : '')
    const value = (key: string) => new RegExp(`^${key}\\s*[=:]\\s*["']?([^"'\\s#]+)`, 'm').exec(own)?.[1]
    return { name: value('name'), version: value('version') }
  }
  return undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

async function optionalText(path: string): Promise<string | undefined> {
  return (await isFile(path)) ? readText(path, MAX_PROJECT_FILE_BYTES, 'file.unreadable') : undefined
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
