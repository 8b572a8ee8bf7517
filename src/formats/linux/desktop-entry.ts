/** Keys of the group `[Desktop Entry]` without translations, by their exact name. */
export type DesktopEntry = ReadonlyMap<string, string>

const ESCAPES: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' }

/**
 * The group `[Desktop Entry]` of a desktop file (Desktop Entry Specification 1.5, §3): `Key=Value` lines, comments with
 * `#`. Lines that are neither, and keys with a locale such as `Name[de]`, are passed over; of a key that occurs twice
 * the first counts. Undefined when there is no such group.
 */
export function parseDesktopEntry(text: string): DesktopEntry | undefined {
  let entry: Map<string, string> | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line.startsWith('[')) {
      if (entry !== undefined) return entry
      if (line === '[Desktop Entry]') entry = new Map()
      continue
    }
    const equals = line.indexOf('=')
    const key = line.slice(0, Math.max(0, equals)).trim()
    if (entry === undefined || !/^[A-Za-z0-9-]+$/.test(key) || entry.has(key)) continue
    const value = line.slice(equals + 1).trim()
    entry.set(
      key,
      value.replaceAll(/\\(.)/g, (whole, letter: string) => ESCAPES[letter] ?? whole),
    )
  }
  return entry
}
