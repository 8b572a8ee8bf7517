import { cutText } from '../../bytes/cut-text.ts'
import { FormatError } from '../format-error.ts'

/** Field names are compared without case (deb822(5)); keys are lower-case, values keep continuation lines. */
export type Stanza = ReadonlyMap<string, string>

/**
 * Stanzas of `Field: value` lines, separated by blank lines (deb822(5)). A line that starts with a space or tab
 * continues the value: it is joined with `\n`, without its first character. Lines starting with `#` are comments.
 *
 * @throws FormatError for a line that is neither, and for a field that occurs twice in a stanza
 */
export function parseDeb822(text: string): Stanza[] {
  const stanzas: Stanza[] = []
  let fields = new Map<string, string>()
  let last: string | undefined
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line.startsWith('#')) continue
    if (line.trim() === '') {
      if (fields.size > 0) stanzas.push(fields)
      fields = new Map()
      last = undefined
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      if (last === undefined) throw new FormatError('Cannot read control data: a continuation line has no field')
      fields.set(last, `${fields.get(last)}\n${line.slice(1).trimEnd()}`)
    } else {
      const colon = line.indexOf(':')
      const name = line.slice(0, Math.max(colon, 0))
      if (!/^[!"$-,.-9;-~][!-9;-~]*$/.test(name)) {
        throw new FormatError(
          `Cannot read control data: expected "Field: value" in ${JSON.stringify(cutText(line, 80))}`,
        )
      }
      last = name.toLowerCase()
      if (fields.has(last))
        throw new FormatError(`Cannot read control data: field ${JSON.stringify(name)} occurs twice`)
      fields.set(last, line.slice(colon + 1).trim())
    }
  }
  if (fields.size > 0) stanzas.push(fields)
  return stanzas
}
