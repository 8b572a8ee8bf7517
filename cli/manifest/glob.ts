import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Whether a path of `dist.json` is a pattern. */
export function isGlob(path: string): boolean {
  return /[*?]/.test(path)
}

/**
 * Whether one path segment matches: `*` any characters, `?` one, everything else itself. A leading dot is matched by a
 * dot only, as shells do. Bounded by the product of the lengths, whatever the pattern.
 */
export function segmentMatches(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  const want = [...pattern]
  const have = [...name]
  let p = 0
  let n = 0
  let star = -1
  let mark = 0
  while (n < have.length) {
    if (want[p] === '*') {
      star = p++
      mark = n
    } else if (p < want.length && (want[p] === '?' || want[p] === have[n])) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++mark
    } else {
      return false
    }
  }
  while (want[p] === '*') p++
  return p === want.length
}

/** Folders that `**` looks into, at most: a pattern is about a build's output, not about a disk. */
const MAX_FOLDERS = 20_000

/**
 * Files below `root` that match, as paths relative to it with `/`, sorted. `**` stands for any number of folders and
 * does not follow symbolic links to folders, which may be circular.
 * @throws RangeError when more than {@link MAX_FOLDERS} folders would be read
 */
export async function expandGlob(root: string, pattern: string): Promise<string[]> {
  const found = new Set<string>()
  let folders = 0
  async function visit(folder: string, segments: readonly string[]): Promise<void> {
    const [first, ...rest] = segments
    if (first === undefined) return
    if (first === '**') await visit(folder, rest)
    if (++folders > MAX_FOLDERS) throw new RangeError(`Cannot expand "${pattern}": more than ${MAX_FOLDERS} folders`)
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(ignoreAbsent)
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (first === '**') {
        if (entry.isDirectory() && !entry.name.startsWith('.')) await visit(path, segments)
      } else if (segmentMatches(first, entry.name)) {
        if (rest.length > 0 && !entry.isFile()) await visit(path, rest)
        else if (rest.length === 0 && !entry.isDirectory()) found.add(path)
      }
    }
  }
  const segments = pattern
    .split('/')
    .filter((part, i, all) => part !== '' && part !== '.' && !(part === '**' && all[i + 1] === '**'))
  await visit('', segments.at(-1) === '**' ? [...segments, '*'] : segments)
  return [...found].sort()
}

/** A folder that is not there has no files; any other failure is one. */
function ignoreAbsent(error: unknown): never[] {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
  throw error
}
