import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64Url } from '../bytes/encoding.ts'
import { equalInConstantTime } from './secret.ts'

/** What a signature is for: a text that was signed for one purpose means nothing for another. */
export type Purpose = 'share' | 'device' | 'grant'

const encoder = new TextEncoder()

function macOf(key: Uint8Array, purpose: Purpose, text: string): string {
  return toBase64Url(hmac(sha256, key, encoder.encode(`distd-${purpose}-v1\0${text}`)))
}

/**
 * A text that comes back unchanged or not at all: `text.mac`, the mac 43 characters of base64url (HMAC-SHA256).
 * @param key 32 bytes @param text characters of base64url and dots
 */
export function signText(key: Uint8Array, purpose: Purpose, text: string): string {
  return `${text}.${macOf(key, purpose, text)}`
}

/** The text that this server signed for the purpose; undefined for everything else. Takes at most 512 characters. */
export function readSignedText(key: Uint8Array, purpose: Purpose, signed: string): string | undefined {
  const dot = signed.lastIndexOf('.')
  if (dot < 1 || signed.length > 512) return undefined
  const text = signed.slice(0, dot)
  return equalInConstantTime(signed.slice(dot + 1), macOf(key, purpose, text)) ? text : undefined
}
