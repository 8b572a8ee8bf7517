/** What the names in an expression of GitHub, Forgejo and Gitea Actions stand for. */
export interface ExpressionScope {
  readonly contexts: Readonly<Record<string, unknown>>
  readonly functions: Readonly<Record<string, () => unknown>>
}

/** Functions that make a condition run after a failure, too. */
export const STATUS_FUNCTIONS = /\b(?:always|failure|cancelled|success)\(\)/

/** Value of an expression: literals, contexts, calls without arguments, `!`, `==`, `!=`, `&&`, `||` and parentheses. */
export function evaluate(text: string, scope: ExpressionScope): unknown {
  const tokens = text.match(/'(?:[^']|'')*'|&&|\|\||==|!=|[!()]|[\w.-]+/g) ?? []
  if (tokens.join('') !== text.replace(/\s+(?=(?:[^']*'[^']*')*[^']*$)/g, ''))
    throw new Error(`Cannot read the expression "${text}"`)
  let at = 0
  const primary = (): unknown => {
    const token = tokens[at++]
    if (token === undefined) throw new Error(`The expression "${text}" ends too early`)
    if (token === '!') return !primary()
    if (token === '(') {
      const value = or()
      if (tokens[at++] !== ')') throw new Error(`The expression "${text}" lacks a parenthesis`)
      return value
    }
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'")
    if (token === 'true' || token === 'false') return token === 'true'
    if (tokens[at] === '(' && tokens[at + 1] === ')') {
      at += 2
      const call = scope.functions[token]
      if (!call) throw new Error(`The expression "${text}" calls "${token}", which nobody knows`)
      return call()
    }
    const [context = '', ...path] = token.split('.')
    if (!(context in scope.contexts)) throw new Error(`The expression "${text}" names "${context}", which nobody knows`)
    return path.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      scope.contexts[context],
    )
  }
  const equality = (): unknown => {
    const left = primary()
    const operator = tokens[at]
    if (operator !== '==' && operator !== '!=') return left
    at++
    return ((left ?? '') === (primary() ?? '')) === (operator === '==')
  }
  const and = (): unknown => {
    let value = equality()
    while (tokens[at] === '&&') {
      at++
      const right = equality()
      value = value && right
    }
    return value
  }
  const or = (): unknown => {
    let value = and()
    while (tokens[at] === '||') {
      at++
      const right = and()
      value = value || right
    }
    return value
  }
  const value = or()
  if (at !== tokens.length) throw new Error(`Cannot read all of the expression "${text}"`)
  return value
}

/** Text with each `${{ … }}` replaced by its value. */
export function interpolate(text: unknown, scope: ExpressionScope): string {
  return String(text).replace(/\$\{\{\s*(.*?)\s*\}\}/gs, (_all, inner: string) => String(evaluate(inner, scope) ?? ''))
}

/** Value of a condition, with or without `${{ }}` around it. */
export function isMet(condition: string, scope: ExpressionScope): boolean {
  const bare = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(condition)?.[1] ?? condition
  return Boolean(evaluate(bare.trim(), scope))
}
