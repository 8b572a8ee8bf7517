import { cutText } from './cut-text.ts'

/**
 * JSON from strangers. Unlike `JSON.parse` it refuses what different programs read differently: keys that occur
 * twice, `__proto__`, lone surrogates, numbers beyond a double, and nesting beyond {@link MAX_DEPTH}.
 */
export const MAX_DEPTH = 64

/** A string of the JSON escapes half of a surrogate pair: it parses, but it is no text. */
export class LoneSurrogateError extends SyntaxError {
  override readonly name = 'LoneSurrogateError'
}

/** The JSON has more values than its reader is ready to keep. */
export class JsonLimitError extends SyntaxError {
  override readonly name = 'JsonLimitError'
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\n\r]*/y

/**
 * @param options.maxValues objects, lists and what they hold, each counted: what a text of brackets would cost is many
 *   times its length
 * @param options.tick called now and then; what it throws passes unchanged
 * @throws SyntaxError naming what is wrong and the line: `"artifacts[0].path" is given twice (line 7)`;
 * LoneSurrogateError, JsonLimitError
 */
export function parseStrictJson(
  text: string,
  options: { readonly maxValues?: number; readonly tick?: () => void } = {},
): unknown {
  let at = 0
  const maxValues = options.maxValues ?? Number.POSITIVE_INFINITY
  let valuesRead = 0
  /** Keys and indexes that lead to the value being read. */
  const trail: (string | number)[] = []

  function fail(reason: string, Problem: new (message: string) => SyntaxError = SyntaxError): never {
    throw new Problem(`Cannot parse JSON: ${reason} (line ${lineOf(text, at)})`)
  }
  function skipSpace(): void {
    SPACE.lastIndex = at
    SPACE.test(text)
    at = SPACE.lastIndex
  }
  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (!match) return undefined
    at = pattern.lastIndex
    return match[0]
  }
  function word<T>(literal: string, value: T): T {
    if (!text.startsWith(literal, at)) fail('unexpected character')
    at += literal.length
    return value
  }
  function string(): string {
    const end = text[at] === '"' ? closingQuote(text, at) : -1
    if (end < 0) fail('expected a string')
    let value: string
    try {
      value = JSON.parse(text.slice(at, end + 1))
    } catch {
      return fail('expected a string')
    }
    at = end + 1
    if (!value.isWellFormed()) fail('lone surrogate in a string', LoneSurrogateError)
    return value
  }
  function value(depth: number): unknown {
    if (depth > MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH}`)
    if (valuesRead >= maxValues) fail(`more than ${maxValues} values`, JsonLimitError)
    if ((valuesRead++ & 0xfff) === 0) options.tick?.()
    skipSpace()
    switch (text[at]) {
      case '{':
        return object(depth)
      case '[':
        return array(depth)
      case '"':
        return string()
      case 't':
        return word('true', true)
      case 'f':
        return word('false', false)
      case 'n':
        return word('null', null)
      default: {
        const token = take(NUMBER)
        if (token === undefined) fail(at < text.length ? 'unexpected character' : 'unexpected end')
        const number = Number(token)
        if (!Number.isFinite(number)) fail('number out of range')
        return number
      }
    }
  }
  function array(depth: number): unknown[] {
    const items: unknown[] = []
    at++
    skipSpace()
    if (text[at] === ']') {
      at++
      return items
    }
    for (;;) {
      trail.push(items.length)
      items.push(value(depth + 1))
      trail.pop()
      skipSpace()
      const next = text[at++]
      if (next === ']') return items
      if (next !== ',') {
        at--
        fail('expected "," or "]"')
      }
    }
  }
  function object(depth: number): Record<string, unknown> {
    const entries: Record<string, unknown> = {}
    const seen = new Set<string>()
    at++
    skipSpace()
    if (text[at] === '}') {
      at++
      return entries
    }
    for (;;) {
      skipSpace()
      const key = string()
      if (key === '__proto__') fail('key "__proto__" is not allowed')
      trail.push(key)
      if (seen.has(key)) fail(`"${pathText(trail)}" is given twice`)
      seen.add(key)
      skipSpace()
      if (text[at] !== ':') fail('expected ":"')
      at++
      entries[key] = value(depth + 1)
      trail.pop()
      skipSpace()
      const next = text[at++]
      if (next === '}') return entries
      if (next !== ',') {
        at--
        fail('expected "," or "}"')
      }
    }
  }

  const result = value(0)
  skipSpace()
  if (at < text.length) fail('unexpected text after the value')
  return result
}

/**
 * Where the string that starts at `open` ends, or -1. Not a pattern: those of the engines give up on strings of some
 * MiB, one with an error and one without.
 */
function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text[at - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return at
  }
  return -1
}

/** `artifacts[0].path`, cut to a length that fits a message. */
function pathText(trail: readonly (string | number)[]): string {
  const steps = trail.map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${step}`))
  return cutText(steps.join(''), 200)
}

function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}
