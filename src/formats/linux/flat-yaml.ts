import { cutText } from '../../bytes/cut-text.ts'
import { FormatError } from '../format-error.ts'

/** A text, or a list of texts. */
export type FlatYaml = ReadonlyMap<string, string | readonly string[]>

/**
 * The plain part of a YAML mapping: top-level keys whose value is a scalar on the same line, or a list of such, in
 * brackets or as lines with a dash. Keys with any other value (nested mappings, block scalars, anchors, tags, scalars
 * over several lines) are left out, which a caller cannot tell from absent ones.
 *
 * @throws FormatError for a top-level line that is no key, and for a key that occurs twice
 */
export function parseFlatYaml(text: string): FlatYaml {
  const values = new Map<string, string | readonly string[]>()
  const seen = new Set<string>()
  let key: string | undefined
  let inline = ''
  let below: string[] = []
  const finish = () => {
    if (key === undefined) return
    const value = below.length > 0 ? (inline === '' ? dashList(below) : undefined) : inlineValue(inline)
    if (value !== undefined) values.set(key, value)
  }
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd()
    if (line === '' || /^\s*#/.test(line) || (key === undefined && (line === '---' || line.startsWith('%')))) continue
    if (line === '...' || line === '---') break
    if (/^[ \t]|^-(?: |$)/.test(line)) {
      if (key === undefined) throw new FormatError('Cannot read YAML: it does not start with a key')
      below.push(line)
      continue
    }
    finish()
    const match = /^(?:([A-Za-z0-9_.-]+)|"([^"\\]+)"|'([^']+)')\s*:(?:\s+(.*))?$/.exec(line)
    key = match?.[1] ?? match?.[2] ?? match?.[3]
    if (key === undefined)
      throw new FormatError(`Cannot read YAML: expected "key: value" in ${JSON.stringify(cutText(line, 80))}`)
    if (seen.has(key)) throw new FormatError(`Cannot read YAML: the key ${JSON.stringify(key)} occurs twice`)
    seen.add(key)
    inline = withoutComment(match?.[4] ?? '')
    below = []
  }
  finish()
  return values
}

function withoutComment(value: string): string {
  return /^["']/.test(value) ? value : value.replace(/(?:^|\s)#.*$/, '').trim()
}

function inlineValue(value: string): string | string[] | undefined {
  if (!value.startsWith('[')) return scalar(value)
  if (!value.endsWith(']')) return undefined
  const inner = value.slice(1, -1).trim()
  return inner === ''
    ? []
    : scalars(
        inner
          .replace(/,$/, '')
          .split(',')
          .map((item) => item.trim()),
      )
}

function dashList(lines: readonly string[]): string[] | undefined {
  const items = lines.map((line) => /^\s*-\s+(.*)$/.exec(line)?.[1])
  // A key inside of an item makes it a mapping.
  if (items.some((item) => item === undefined || /^[^"'].*:(?:\s|$)/.test(item))) return undefined
  return scalars(items.map((item) => withoutComment(item!)))
}

function scalars(items: readonly string[]): string[] | undefined {
  const values = items.map(scalar)
  return values.some((value) => value === undefined) ? undefined : (values as string[])
}

/** Plain or quoted, on one line; undefined for what means more than its letters. */
function scalar(text: string): string | undefined {
  const double = /^"([^"\\]*)"(?:\s+#.*)?$/.exec(text)?.[1]
  if (double !== undefined) return double
  const single = /^'((?:[^']|'')*)'(?:\s+#.*)?$/.exec(text)?.[1]
  if (single !== undefined) return single.replaceAll("''", "'")
  if (text === '' || text === '~' || /^[-?:,[\]{}#&*!|>'"%@`]/.test(text) || /:(?:\s|$)/.test(text)) return undefined
  return text
}
