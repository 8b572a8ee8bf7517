import { cutText } from '../bytes/cut-text.ts'
import type { Check } from '../model/inspection.ts'
import { hasControlOrBidi } from '../model/text.ts'

/**
 * Facts and findings as they may leave an inspector: bounded, without characters that change what a reader sees, and
 * without halves of surrogate pairs, which some formats can escape and no text has.
 */

const NOT_SHOWN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+/gu

/** A text for people: one line without control and bidi characters, at most 4096 UTF-16 units; undefined when empty. */
export function displayText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  return cutText(cutText(text, 8192).replaceAll(NOT_SHOWN, ' ').trim(), 4096) || undefined
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
  return JSON.stringify(cutText(displayText(text) ?? '', 120))
}

export function finding(level: Check['level'], code: string, message: string): Check {
  return { code, level, message: cutText(displayText(message) ?? code, 1000) }
}
