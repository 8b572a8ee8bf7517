import { readFileSync } from 'node:fs'

export type Value = string | { readonly call: string; readonly args: readonly Argument[] }

export interface Argument {
  readonly name: string | undefined
  readonly value: Value
}

/** `sh 'x'`, `stage('x') { … }`, `NAME = value`, or `name == value`, whose word is `name ==`. */
export interface Statement {
  readonly word: string
  readonly args: readonly Argument[]
  readonly assigned?: Value
  readonly body?: readonly Statement[]
}

const TOKEN = /\/\/[^\n]*|\n|[^\S\n]+|'''[\s\S]*?'''|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[\w.]+|==|[{}(),:=]/gy

/** The part of Groovy that declarative pipelines are written in. @throws Error for anything else */
export function readJenkinsfile(file: string): Statement {
  const text = readFileSync(file, 'utf8')
  const tokens: string[] = []
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.length; ) {
    const at = TOKEN.lastIndex
    const token = TOKEN.exec(text)?.[0]
    if (token === undefined) throw new Error(`Cannot read ${file} at "${text.slice(at, at + 40)}"`)
    if (token === '\n' || !/^(?:\s|\/\/)/.test(token)) tokens.push(token)
  }
  let at = 0
  const skipLines = () => {
    while (tokens[at] === '\n') at++
  }
  const expect = (token: string) => {
    if (tokens[at++] !== token) throw new Error(`${file}: expected "${token}", not "${tokens[at - 1]}"`)
  }
  const value = (): Value => {
    const token = tokens[at++] ?? ''
    if (/^['"]/.test(token)) return unquoted(token)
    if (!/^[\w.]+$/.test(token)) throw new Error(`${file}: expected a value, not "${token}"`)
    return tokens[at] === '(' ? { call: token, args: inParentheses() } : token
  }
  const argument = (): Argument => {
    const name = tokens[at + 1] === ':' ? tokens[at] : undefined
    if (name !== undefined) at += 2
    return { name, value: value() }
  }
  const list = (end: readonly string[]): Argument[] => {
    const found: Argument[] = []
    while (!end.includes(tokens[at] ?? '}')) {
      found.push(argument())
      if (tokens[at] === ',') at++
    }
    return found
  }
  const inParentheses = (): Argument[] => {
    expect('(')
    const found = list([')'])
    expect(')')
    return found
  }
  const statement = (): Statement => {
    const word = tokens[at++] ?? ''
    if (tokens[at] === '=') {
      at++
      return { word, args: [], assigned: value() }
    }
    if (tokens[at] === '==') {
      at++
      return { word: `${word} ==`, args: [{ name: undefined, value: value() }] }
    }
    const args = tokens[at] === '(' ? inParentheses() : list(['\n', '{', '}'])
    if (tokens[at] !== '{') return { word, args }
    at++
    const body: Statement[] = []
    for (skipLines(); tokens[at] !== '}'; skipLines()) body.push(statement())
    expect('}')
    return { word, args, body }
  }
  skipLines()
  const pipeline = statement()
  skipLines()
  if (at !== tokens.length) throw new Error(`${file}: there is something after the pipeline`)
  return pipeline
}

/** Single quotes keep `$`; the `${…}` of double quotes are filled in where the value is used. */
function unquoted(token: string): string {
  const quotes = token.startsWith("'''") ? 3 : 1
  return token.slice(quotes, -quotes).replace(/\\(.)/gs, '$1')
}
