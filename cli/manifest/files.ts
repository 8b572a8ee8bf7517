import { realpath, stat } from 'node:fs/promises'
import { basename, isAbsolute, relative, resolve, sep } from 'node:path'
import { DistError } from '../../src/errors.ts'
import type { ManifestArtifact } from '../../src/model/manifest.ts'
import type { PlannedFile, WantedFile } from '../publish/plan.ts'
import { systemCode, systemReason } from '../system-error.ts'
import { expandGlob, isGlob, segmentMatches } from './glob.ts'

/** @throws DistError manifest.invalid, manifest.path */
export function wantedFile(folder: string, artifact: ManifestArtifact, field: string): WantedFile {
  const { path, many = false, fileName, apt: _apt, ...declared } = artifact
  if (many && fileName !== undefined) {
    throw new DistError(
      'manifest.invalid',
      `Cannot use "${path}": "fileName" names one file and "many" asks for several`,
    )
  }
  checkInside(folder, resolve(folder, path), path, field)
  return { path, many, fileName, declared }
}

/** The name that the file will have in the release; undefined for a pattern, which tells it when the file is there. */
export function knownName({ path, fileName }: Pick<WantedFile, 'path' | 'fileName'>): string | undefined {
  return fileName ?? (isGlob(path) ? undefined : nameOf(path))
}

/** Whether a file of this name may come of a pattern. */
export function mayBe(file: Pick<WantedFile, 'path' | 'fileName'>, fileName: string): boolean {
  if (knownName(file) !== undefined) return false
  const last = file.path.split('/').findLast((part) => part !== '' && part !== '.') ?? ''
  return segmentMatches(last === '**' ? '*' : last.normalize('NFC'), fileName)
}

function nameOf(path: string): string {
  return basename(path).normalize('NFC')
}

/**
 * The files that are there; none when nothing is.
 * @throws DistError manifest.glob when several match and one is wanted, manifest.path, manifest.file_missing for a folder
 */
export async function findFiles(folder: string, wanted: WantedFile, field: string): Promise<PlannedFile[]> {
  const { path, many, fileName, declared } = wanted
  checkInside(folder, resolve(folder, path), path, field)
  const matches = isGlob(path) ? await expandFor(folder, path) : [path]
  if (matches.length > 1 && !many) {
    throw new DistError('manifest.glob', `Cannot choose a file for ${field} "${path}": ${matches.length} files match`, {
      details: { matches: matches.slice(0, 20) },
    })
  }
  const found = await Promise.all(
    matches.map(async (match) => {
      const real = await realFile(folder, match, field)
      return real === undefined ? [] : [{ path: real, shownPath: match, fileName: fileName ?? nameOf(match), declared }]
    }),
  )
  return found.flat()
}

export function missingFile({ path }: Pick<WantedFile, 'path'>, field: string): DistError {
  return new DistError(
    'manifest.file_missing',
    isGlob(path)
      ? `Cannot find a file for ${field} "${path}": nothing matches`
      : `Cannot find ${field} "${path}": there is no such file`,
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

/**
 * Absolute path of a file, links resolved; undefined when there is none.
 * @throws DistError manifest.file_missing for what is no file, manifest.path
 */
export async function realFile(folder: string, path: string, field: string): Promise<string | undefined> {
  const full = resolve(folder, path)
  checkInside(folder, full, path, field)
  let real: string
  let isFile: boolean
  try {
    real = await realpath(full)
    isFile = (await stat(real)).isFile()
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(cause) ?? '')) return undefined
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
