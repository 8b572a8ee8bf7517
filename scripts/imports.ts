/** One module specifier of a source file, and how it is reached. */
export interface Import {
  readonly specifier: string
  /** `re-export` is `export … from`; `dynamic` is `import('…')`, in an expression or a type. */
  readonly kind: 'import' | 're-export' | 'dynamic'
  /** Erased before running: `import type`, `export type`, or only `type` names in the braces. */
  readonly isTypeOnly: boolean
  /** From 1. */
  readonly line: number
}

export interface ModuleShape {
  readonly imports: readonly Import[]
  /** Code besides imports and re-exports. */
  readonly hasBody: boolean
  /** Words and punctuation without comments, strings and regular expressions; for rules about names. */
  readonly tokens: readonly Token[]
}

export interface Token {
  readonly kind: 'word' | 'string' | 'mark'
  readonly text: string
  readonly line: number
}

/**
 * Reads the imports of a TypeScript module without a compiler: a scanner that knows comments, strings, templates and
 * regular expressions, so that an import inside any of these does not count. Specifiers that are not plain string
 * literals are not seen.
 */
export function readModule(source: string): ModuleShape {
  const tokens = scan(source)
  const imports: Import[] = []
  let hasBody = false
  let at = 0
  while (at < tokens.length) {
    const statement = readStatement(tokens, at)
    if (statement === undefined) {
      const token = tokens[at]!
      const isAccess = at > 0 && tokens[at - 1]!.text === '.'
      const specifier = tokens[at + 2]
      if (token.text === 'import' && !isAccess && tokens[at + 1]?.text === '(' && specifier?.kind === 'string') {
        imports.push({ specifier: specifier.text, kind: 'dynamic', isTypeOnly: false, line: token.line })
      }
      if (token.text !== ';') hasBody = true
      at++
      continue
    }
    if (statement.import !== undefined) imports.push(statement.import)
    at = statement.end
  }
  return { imports, hasBody, tokens: tokens.filter((token) => token.kind !== 'string') }
}

interface Statement {
  /** Undefined for `export { a }` of names of this module. */
  readonly import?: Import
  readonly end: number
}

/** The import, `export … from` or `export { … }` statement that begins at `start`, if one does. */
function readStatement(tokens: readonly Token[], start: number): Statement | undefined {
  const first = tokens[start]!
  if (first.kind !== 'word' || (first.text !== 'import' && first.text !== 'export')) return undefined
  if (start > 0 && ['.', '?.'].includes(tokens[start - 1]!.text)) return undefined
  const kind = first.text === 'import' ? 'import' : 're-export'
  const next = tokens[start + 1]
  if (next === undefined) return undefined
  if (kind === 'import' && next.kind === 'string') {
    return {
      import: { specifier: next.text, kind, isTypeOnly: false, line: first.line },
      end: afterAttributes(tokens, start + 2),
    }
  }
  if (kind === 'import' && (next.text === '(' || next.text === '.')) return undefined
  const isType = next.text === 'type' && tokens[start + 2]?.text !== 'from' && tokens[start + 2]?.text !== ','
  const clause = isType ? start + 2 : start + 1
  if (kind === 're-export' && tokens[clause]?.text !== '{' && tokens[clause]?.text !== '*') return undefined
  let at = clause
  while (at < tokens.length && !(tokens[at]!.text === 'from' && tokens[at + 1]?.kind === 'string')) {
    const { text } = tokens[at]!
    if (at > clause && text === '}' && tokens[at + 1]?.text !== 'from') return { end: at + 1 }
    if (text === ';' || text === '=' || text === '(') return undefined
    at++
  }
  const specifier = tokens[at + 1]
  if (specifier === undefined) return undefined
  const isTypeOnly = isType || namesOnlyTypes(tokens.slice(clause, at))
  return {
    import: { specifier: specifier.text, kind, isTypeOnly, line: first.line },
    end: afterAttributes(tokens, at + 2),
  }
}

function namesOnlyTypes(clause: readonly Token[]): boolean {
  if (clause[0]?.text !== '{' || clause.at(-1)?.text !== '}' || clause.length < 3) return false
  return clause.every((token, at) => {
    const startsName = token.kind === 'word' && ['{', ','].includes(clause[at - 1]?.text ?? '')
    return !startsName || token.text === 'type'
  })
}

function afterAttributes(tokens: readonly Token[], at: number): number {
  if (tokens[at]?.text !== 'with' || tokens[at + 1]?.text !== '{') return at
  while (at < tokens.length && tokens[at]!.text !== '}') at++
  return at + 1
}

/** Words after which a slash begins a regular expression and not a division. */
const BEFORE_EXPRESSION = new Set(
  'return typeof instanceof in of new delete void throw case do else await yield export default'.split(' '),
)

function scan(source: string): Token[] {
  const tokens: Token[] = []
  /** Depth of braces at which each open template goes on. */
  const templates: number[] = []
  let depth = 0
  let line = 1
  let at = 0

  const push = (kind: Token['kind'], text: string) => tokens.push({ kind, text, line })
  const skipTo = (end: number) => {
    for (; at < end; at++) if (source[at] === '\n') line++
  }
  /** From inside a template to its end or to the next `${`. */
  const skipTemplate = () => {
    let end = at
    while (end < source.length) {
      if (source[end] === '\\') end += 2
      else if (source[end] === '`') {
        skipTo(end + 1)
        return
      } else if (source.startsWith('${', end)) {
        skipTo(end + 2)
        templates.push(depth)
        depth++
        return
      } else end++
    }
    skipTo(source.length)
  }

  if (source.startsWith('#!')) at = indexOrEnd(source, '\n', 0)
  while (at < source.length) {
    const char = source[at]!
    if (/\s/.test(char)) skipTo(at + 1)
    else if (source.startsWith('//', at)) skipTo(indexOrEnd(source, '\n', at))
    else if (source.startsWith('/*', at)) skipTo(indexOrEnd(source, '*/', at + 2) + 2)
    else if (char === "'" || char === '"') {
      let end = at + 1
      while (end < source.length && source[end] !== char && source[end] !== '\n') end += source[end] === '\\' ? 2 : 1
      push('string', source.slice(at + 1, end))
      skipTo(end + 1)
    } else if (char === '`') {
      push('mark', '`')
      skipTo(at + 1)
      skipTemplate()
    } else if (char === '/' && startsRegExp(tokens.at(-1))) {
      push('mark', '/')
      skipTo(endOfRegExp(source, at))
    } else if (/[\p{ID_Start}$_#]/u.test(char)) {
      const word = /^[#\p{ID_Continue}$\u200c\u200d]+/u.exec(source.slice(at, at + 200))?.[0] ?? char
      push('word', word)
      skipTo(at + word.length)
    } else if (/\d/.test(char)) {
      const number = /^[\w.]+/.exec(source.slice(at, at + 200))?.[0] ?? char
      push('mark', '0')
      skipTo(at + number.length)
    } else {
      if (char === '{') depth++
      if (char === '}') depth--
      if (char === '}' && templates.at(-1) === depth) {
        templates.pop()
        skipTo(at + 1)
        skipTemplate()
        continue
      }
      push('mark', char)
      skipTo(at + 1)
    }
  }
  return tokens
}

function startsRegExp(before: Token | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'word') return BEFORE_EXPRESSION.has(before.text)
  return before.kind === 'mark' && !['0', ')', ']', '}', '`', '/'].includes(before.text)
}

function endOfRegExp(source: string, start: number): number {
  let inClass = false
  for (let at = start + 1; at < source.length; at++) {
    const char = source[at]
    if (char === '\\') at++
    else if (char === '\n') return at
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '/' && !inClass) return at + 1
  }
  return source.length
}

function indexOrEnd(source: string, text: string, from: number): number {
  const found = source.indexOf(text, from)
  return found < 0 ? source.length : found
}
