import { z } from 'zod'
import { toHex } from '../bytes/encoding.ts'

/**
 * Ids are a prefix and 26 characters of Crockford base32 in lower case: 48 bits of milliseconds, then 80 random
 * bits. They sort by time of creation and say what they name: `rel_01jd3v6k8m…`.
 */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

export const ID_PREFIXES = {
  app: 'app_',
  release: 'rel_',
  artifact: 'art_',
  link: 'lnk_',
  token: 'tok_',
  upload: 'upl_',
  move: 'mov_',
  announcement: 'ann_',
  branch: 'brn_',
  user: 'usr_',
  session: 'ses_',
  accountLink: 'inv_',
  share: 'shr_',
  event: 'evt_',
  request: 'req_',
} as const

export type IdKind = keyof typeof ID_PREFIXES
export type Id<K extends IdKind> = `${(typeof ID_PREFIXES)[K]}${string}`
export type AppId = Id<'app'>
export type ReleaseId = Id<'release'>
export type ArtifactId = Id<'artifact'>
export type LinkId = Id<'link'>
export type TokenId = Id<'token'>
export type UploadId = Id<'upload'>
export type UserId = Id<'user'>
export type SessionId = Id<'session'>
export type ShareId = Id<'share'>

/** Every request has an id, and a busy server gives many within one millisecond. */
let lastMs = -1
let lastTime = ''

/** @param nowMs epoch milliseconds @param random at least 10 bytes */
export function createId<K extends IdKind>(kind: K, nowMs: number, random: Uint8Array): Id<K> {
  if (nowMs !== lastMs) {
    lastTime = ''
    for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) lastTime = ALPHABET[rest % 32]! + lastTime
    lastMs = nowMs
  }
  let tail = ''
  let bits = 0
  let value = 0
  for (let i = 0; i < 10; i++) {
    value = (value << 8) | random[i]!
    bits += 8
    while (bits >= 5) {
      bits -= 5
      tail += ALPHABET[(value >> bits) & 31]!
    }
    value &= (1 << bits) - 1
  }
  return `${ID_PREFIXES[kind]}${lastTime}${tail}`
}

export function isId<K extends IdKind>(kind: K, text: string): text is Id<K> {
  return text.startsWith(ID_PREFIXES[kind]) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(text.slice(ID_PREFIXES[kind].length))
}

export function IdOf<K extends IdKind>(kind: K) {
  return z.templateLiteral([z.literal(ID_PREFIXES[kind]), z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/)])
}

/** An address that is found by nobody who was not given it: 128 random bits as hex. @param random at least 16 bytes */
export function createAddress(random: Uint8Array): string {
  return toHex(random.subarray(0, 16))
}
