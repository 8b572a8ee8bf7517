import { type CreateHasher, digestHex, digestOf } from '../bytes/digest.ts'
import type { RandomBytes } from '../deps.ts'

/**
 * The text of a token: `dist` + kind + `_` + 10 characters that find it + 32 secret characters (190 bits) + 6
 * characters of CRC-32 over all before, in base62. Secret scanners match `\bdist[pcrsfb]_[0-9A-Za-z]{48}\b`, and the
 * checksum tells a mistyped token from an unknown one without asking the database. The prefix never changes.
 */
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SHAPE = /^dist[pcrsfb]_[0-9A-Za-z]{48}$/

export type SecretKind = 'p' | 'c' | 'r' | 's' | 'f' | 'b'

export interface Secret {
  readonly text: string
  /** Public part, the key of the row. */
  readonly lookup: string
  /** What is stored instead of the secret. */
  readonly hash: string
}

function base62(random: RandomBytes, length: number): string {
  let text = ''
  while (text.length < length) {
    // 248 = 4 × 62: larger bytes would make some characters likelier.
    for (const byte of random(length * 2)) {
      if (byte < 248 && text.length < length) text += BASE62[byte % 62]!
    }
  }
  return text
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

/** CRC-32 (ISO-HDLC, as in zip) as six base62 digits, most significant first. */
function checksum(text: string): string {
  let crc = 0xffffffff
  for (let i = 0; i < text.length; i++) crc = CRC_TABLE[(crc ^ text.charCodeAt(i)) & 255]! ^ (crc >>> 8)
  let rest = (crc ^ 0xffffffff) >>> 0
  let digits = ''
  for (let i = 0; i < 6; i++, rest = Math.floor(rest / 62)) digits = BASE62[rest % 62]! + digits
  return digits
}

const encoder = new TextEncoder()

/** Lower-case hex SHA-256 under a fixed prefix, so that the hash means nothing elsewhere. */
export function hashSecret(text: string, createHasher?: CreateHasher): string {
  return digestHex(digestOf(encoder.encode(`dist-token-v1\0${text}`), createHasher))
}

/** Makes a secret; its text is shown once and only `lookup` and `hash` are kept. */
export function createSecret(kind: SecretKind, random: RandomBytes): Secret {
  const body = `dist${kind}_${base62(random, 10)}${base62(random, 32)}`
  const text = body + checksum(body)
  return { text, lookup: text.slice(6, 16), hash: hashSecret(text) }
}

/** The public part of a well-formed token; undefined when shape or checksum is wrong. */
export function lookupOf(text: string): string | undefined {
  if (!SHAPE.test(text)) return undefined
  const body = text.slice(0, -6)
  return checksum(body) === text.slice(-6) ? text.slice(6, 16) : undefined
}

/** Looks for the text of a token in a longer one, as secret scanners do. */
const ANYWHERE = /\bdist[pcrsfb]_[0-9A-Za-z]{48}\b/g

/** Whether a text holds the shape of a token anywhere: it must not be logged or stored. */
export function hasSecret(text: string): boolean {
  return text.search(ANYWHERE) >= 0
}

/** The text with every token in it cut to its public part, for logs. */
export function redactSecrets(text: string): string {
  return text.replace(ANYWHERE, (secret) => `${secret.slice(0, 16)}…`)
}

/** Compares two texts of equal length in a time that does not depend on where they differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}
