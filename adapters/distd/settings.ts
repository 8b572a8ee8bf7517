import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAYOUT } from '../../src/blob/layout.ts'
import { parseStrictJson } from '../../src/bytes/strict-json.ts'
import { decodeUtf8 } from '../../src/bytes/utf8.ts'
import { Config } from '../../src/config.ts'

/** The command line or the configuration cannot be used; the message says which value and why. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Key = keyof Config
export const CONFIG_KEYS = Object.keys(Config.shape) as Key[]

export interface Setting {
  readonly key: Key
  readonly value: unknown
  /** `--listen`, `DISTD_LISTEN`, the path of the file, or `default`. */
  readonly source: string
}

/** `publicUrl` → `--public-url`. */
export function flagOf(key: Key): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `publicUrl` → `DISTD_PUBLIC_URL`. */
export function variableOf(key: Key): string {
  return `DISTD_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** Text from a flag or a variable as the type that the schema wants. */
function fromText(key: Key, text: string): unknown {
  if (key === 'trustedProxies')
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  if (key === 'insecureHttp') {
    if (text === '1' || text === 'true') return true
    if (text === '0' || text === 'false') return false
    return text
  }
  const isNumber = /Bytes|Days|Seconds|Uploads$/.test(key)
  return isNumber && /^\d+$/.test(text) ? Number(text) : text
}

/**
 * Puts the configuration together: flags, then the environment, then `config/distd.json` below the data folder, then
 * defaults. An empty variable is as good as none, except for a secret: a blank one is an error, never absent.
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
    else if (variable !== undefined && (variable !== '' || key === 'setupToken'))
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
      if (!CONFIG_KEYS.includes(key as Key)) throw new UsageError(`Cannot use ${path}: unknown setting "${key}"`)
      if (!given.has(key as Key)) given.set(key as Key, { value, source: path })
    }
  }
  const result = Config.safeParse(Object.fromEntries([...given].map(([key, { value }]) => [key, value])))
  if (!result.success) {
    const issue = result.error.issues[0]!
    const key = issue.path[0] as Key
    throw new UsageError(`Cannot use ${given.get(key)?.source ?? key}: ${issue.message}`)
  }
  const settings = CONFIG_KEYS.map((key) => ({
    key,
    value: result.data[key],
    source: given.get(key)?.source ?? 'default',
  }))
  return { config: result.data, settings }
}
