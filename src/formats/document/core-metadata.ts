/**
 * Header fields of Python's core metadata (`METADATA`, `WHEEL`; Core metadata specifications, RFC 822 style): lines
 * `Name: value` until the first empty line. A line that starts with a space or tab continues the value before it.
 * Lines that are neither are left out, as Python's own reader does; what follows the empty line is a description.
 *
 * @returns values in order, by the field's name in lower case
 */
export function parseCoreMetadata(text: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>()
  let values: string[] | undefined
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, '')
    at = end < 0 ? text.length : end + 1
    if (line === '') break
    if (line[0] === ' ' || line[0] === '\t') {
      if (values !== undefined) values[values.length - 1] += `\n${line.trim()}`
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    values = undefined
    if (!/^[a-z0-9-]+$/.test(name)) continue
    values = fields.get(name) ?? []
    values.push(line.slice(colon + 1).trim())
    fields.set(name, values)
  }
  return fields
}
