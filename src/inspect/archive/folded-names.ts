import type { ZipEntry } from '../../formats/archive/zip.ts'

/**
 * Two members that are one file where neither case nor the form of accents counts, as on Windows and macOS. Equal names
 * are not told: they are so everywhere.
 *
 * @param folders whether two ways to write a folder count as well: what lies in them comes together there
 */
export function findFolded(entries: readonly ZipEntry[], folders: boolean): [ZipEntry, ZipEntry] | undefined {
  const ordered = entries.map((entry) => {
    const path = entry.name.replace(/\/$/, '')
    // With this at the end of files too, all that shares a folder, or has its name, lies side by side.
    return { entry, path, key: `${fold(path)}/` }
  })
  ordered.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  for (let i = 1; i < ordered.length; i++) {
    const [a, b] = [ordered[i - 1]!, ordered[i]!]
    if (folders ? isSpelledTwice(a.path, b.path) : a.key === b.key && a.path !== b.path) return [a.entry, b.entry]
  }
  return undefined
}

/** Whether the first part in which two paths differ is the same one, written in another way. */
function isSpelledTwice(a: string, b: string): boolean {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  const start = a.lastIndexOf('/', at - 1) + 1
  const [left, right] = [partAt(a, start), partAt(b, start)]
  return left !== right && fold(left) === fold(right)
}

function partAt(path: string, start: number): string {
  const end = path.indexOf('/', start)
  return path.slice(start, end < 0 ? path.length : end)
}

/** As APFS and HFS+ compare names: decomposed, and in one case, where `ß` is two letters. */
function fold(text: string): string {
  if (/^[ -~]*$/.test(text)) return text.toLowerCase()
  // Some letters have one upper case and several lower ones.
  return text.normalize('NFD').toLowerCase().toUpperCase().normalize('NFD').toLowerCase()
}
