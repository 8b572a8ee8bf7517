import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAYOUT } from '../../src/blob/layout.ts'
import { nearest } from '../../src/bytes/nearest.ts'
import { parseStrictJson } from '../../src/bytes/strict-json.ts'
import { decodeUtf8 } from '../../src/bytes/utf8.ts'
import { Config } from '../../src/config.ts'
import { issueWords } from '../../src/model/issue-words.ts'

/** The command line or the configuration cannot be used; the message says which value and why. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Key = keyof Config
export const CONFIG_KEYS = Object.keys(Config.shape) as Key[]
/** Nobody is told their values, and no flag takes one: every user of the machine may read the list of processes. */
export const SECRET_KEYS: readonly Key[] = ['setupToken']
/** The settings that are flags. */
export const FLAG_KEYS = CONFIG_KEYS.filter((key) => !SECRET_KEYS.includes(key))
/** What is told of a secret that is set. */
const HIDDEN = '(set)'

export interface Setting {
  readonly key: Key
  /** null when it is not set and has no default; `(set)` for a secret. */
  readonly value: unknown
  /** `--listen`, `DISTD_LISTEN`, the path of the file, or `default`. */
  readonly source: string
}

/** `publicUrl` → `--public-url`. */
export function flagOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `publicUrl` → `DISTD_PUBLIC_URL`. */
export function variableOf(key: string): string {
  return `DISTD_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** Text from a flag or a variable as the type that the schema wants. */
function fromText(key: Key, text: string): unknown {
  if (key === 'trustedProxies')
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  if (key === 'insecureHttp') return BOOLEANS.get(text) ?? text
  const isNumber = /Bytes|Days|Seconds|Uploads$/.test(key)
  return isNumber && /^\d+$/.test(text) ? Number(text) : text
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

/** One line about variables that look like settings and are none; undefined when there are none. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const known = CONFIG_KEYS.map(variableOf)
  const unknown = Object.keys(environment).filter((name) => name.startsWith('DISTD_') && !known.includes(name))
  if (unknown.length === 0) return undefined
  const told = unknown.sort().map((name) => {
    const meant = nearest(name, known)
    return meant === undefined ? name : `${name} (did you mean ${meant}?)`
  })
  return `the environment has names that are no settings: ${told.join(', ')}`
}

/**
 * Puts the configuration together: flags, then the environment, then `config/distd.json` below the data folder, then
 * defaults. An empty variable is as good as none, but for a secret: whoever set it believes that it is there.
 * @throws UsageError
 */
export function loadSettings(
  flags: Readonly<Partial<Record<Key, string>>>,
  environment: Readonly<Record<string, string | undefined>>,
): { config: Config; settings: Setting[] } {
  const given = new Map<Key, { value: unknown; source: string }>()
  for (const key of CONFIG_KEYS) {
    const flag = flags[key]
    const variable = environment[variableOf(key)]
    if (flag !== undefined) given.set(key, { value: fromText(key, flag), source: `--${flagOf(key)}` })
    else if (variable !== undefined && (variable !== '' || SECRET_KEYS.includes(key)))
      given.set(key, { value: fromText(key, variable), source: variableOf(key) })
  }
  const data = (given.get('data')?.value as string | undefined) ?? './data'
  const path = join(data, LAYOUT.config)
  if (existsSync(path)) {
    let file: unknown
    try {
      file = parseStrictJson(decodeUtf8(readFileSync(path)))
    } catch (error) {
      throw new UsageError(`Cannot read ${path}: ${(error as Error).message}`)
    }
    if (file === null || typeof file !== 'object' || Array.isArray(file))
      throw new UsageError(`Cannot read ${path}: expected an object`)
    for (const [key, value] of Object.entries(file)) {
      if (!CONFIG_KEYS.includes(key as Key)) {
        const meant = nearest(key, CONFIG_KEYS)
        const hint = meant === undefined ? '' : `, did you mean "${meant}"?`
        throw new UsageError(`Cannot use ${path}: unknown setting "${key}"${hint}`)
      }
      if (!given.has(key as Key)) given.set(key as Key, { value, source: path })
    }
  }
  const result = Config.safeParse(Object.fromEntries([...given].map(([key, { value }]) => [key, value])))
  if (!result.success) {
    const issue = result.error.issues[0]!
    const key = issue.path[0] as Key
    const source = given.get(key)?.source ?? key
    throw new UsageError(`Cannot use ${source === path ? `"${key}" of ${path}` : source}: ${issueWords(issue)}`)
  }
  const { publicUrl, downloadUrl } = result.data
  if (downloadUrl !== undefined) {
    const cannot = `Cannot use ${given.get('downloadUrl')?.source}`
    // Without it every host but that of the downloads would be answered with pages and the API.
    if (publicUrl === undefined) throw new UsageError(`${cannot}: needs ${variableOf('publicUrl')} beside it`)
    if (new URL(downloadUrl).host === new URL(publicUrl).host)
      throw new UsageError(`${cannot}: must have another host than ${variableOf('publicUrl')}`)
  }
  const settings = CONFIG_KEYS.map((key) => ({
    key,
    value: SECRET_KEYS.includes(key) && result.data[key] !== undefined ? HIDDEN : (result.data[key] ?? null),
    source: given.get(key)?.source ?? 'default',
  }))
  return { config: result.data, settings }
}
