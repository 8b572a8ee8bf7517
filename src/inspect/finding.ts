import type { Check } from '../model/inspection.ts'
import { hasControlOrBidi } from '../model/text.ts'

/** Facts and findings as they may leave an inspector: bounded, and without characters that change what a reader sees. */

const CONTROL_OR_BIDI = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

/** A text for people: one line without control and bidi characters, at most 4096 characters; undefined when empty. */
export function displayText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const clean = text.slice(0, 8192).replaceAll(CONTROL_OR_BIDI, ' ').trim().slice(0, 4096)
  // The cut may have parted a surrogate pair.
  return clean.isWellFormed() ? clean || undefined : clean.slice(0, -1) || undefined
}

/**
 * An identifier that identity rules are compared with. It must be exact, so nothing is stripped: an identifier with
 * control or bidi characters, or longer than 255, is none.
 */
export function exactText(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text.length > 255 || !text.isWellFormed() || hasControlOrBidi(text))
    return undefined
  return text
}

/** A name from hostile bytes inside a sentence. */
export function quote(text: string): string {
  return JSON.stringify((displayText(text) ?? '').slice(0, 120))
}

export function finding(level: Check['level'], code: string, message: string): Check {
  return { code, level, message: (displayText(message) ?? code).slice(0, 1000) }
}
