import { z } from 'zod'

/**
 * Four lengths of a text, which differ: `é` may be 1 or 2 scalars, a family emoji is 1 grapheme of 7 scalars and
 * 2 columns. Limits and tables say which one they mean.
 */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).byteLength
}

export function scalarCount(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Characters as a person counts them (UAX #29). */
export function graphemeCount(text: string): number {
  let count = 0
  for (const _ of graphemes.segment(text)) count++
  return count
}

/** C0 and C1 controls, and the bidirectional formatting characters that reorder a line (UAX #9). */
const CONTROL_OR_BIDI = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
/** As above, but tab and line breaks are text. */
const CONTROL_OR_BIDI_IN_PROSE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u
const EACH_CONTROL_OR_BIDI_IN_PROSE = new RegExp(CONTROL_OR_BIDI_IN_PROSE, 'gu')

/** Prose as it is shown: what no checked text has, and what entities of Markdown still make, becomes visible. */
export function shownProse(text: string): string {
  return CONTROL_OR_BIDI_IN_PROSE.test(text) ? text.replace(EACH_CONTROL_OR_BIDI_IN_PROSE, '\ufffd') : text
}

export function hasControlOrBidi(text: string): boolean {
  return CONTROL_OR_BIDI.test(text)
}

/** The first control or bidirectional formatting character, such as `U+202E`. */
export function controlOrBidiIn(text: string): string | undefined {
  return codePointText(CONTROL_OR_BIDI.exec(text)?.[0])
}

/**
 * Line and paragraph separator, zero width space, word joiner and byte order mark: nobody sees them, and two names that
 * look the same are not. The joiners of letters and emoji (U+200C, U+200D) and variation selectors are no such.
 */
const INVISIBLE = /[\u2028\u2029\u200b\u2060\ufeff]/u

/** The first invisible character that no script needs, such as `U+200B`. */
export function invisibleIn(text: string): string | undefined {
  return codePointText(INVISIBLE.exec(text)?.[0])
}

function codePointText(character: string | undefined): string | undefined {
  return character && `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}

/** Something that is neither white space nor invisible (Default_Ignorable_Code_Point). */
const VISIBLE = /[^\s\p{DI}]/u

function wellFormed(text: string): boolean {
  return text.isWellFormed()
}

/** One line for people: a name or a summary, with something to see. No control or bidi characters, no lone surrogates. */
export function Line(options: { maxGraphemes: number; maxBytes: number }) {
  return z
    .string()
    .min(1, { abort: true })
    .max(options.maxBytes, { abort: true })
    .refine(wellFormed, 'must be well-formed Unicode')
    .refine((text) => !hasControlOrBidi(text), 'must not contain control or bidirectional formatting characters')
    .refine((text) => VISIBLE.test(text), 'must have a visible character')
    .refine((text) => byteLength(text) <= options.maxBytes, `must be at most ${options.maxBytes} bytes of UTF-8`)
    .refine((text) => graphemeCount(text) <= options.maxGraphemes, `must be at most ${options.maxGraphemes} characters`)
}

/** Several lines for people, e.g. release notes in Markdown. */
export function Prose(options: { maxBytes: number }) {
  return z
    .string()
    .max(options.maxBytes, { abort: true })
    .refine(wellFormed, 'must be well-formed Unicode')
    .refine((text) => !CONTROL_OR_BIDI_IN_PROSE.test(text), 'must not contain control characters')
    .refine((text) => byteLength(text) <= options.maxBytes, `must be at most ${options.maxBytes} bytes of UTF-8`)
}

/** RFC 3339 in UTC with milliseconds: `2026-11-21T01:27:13.000Z`. */
export const Instant = z.iso.datetime({ precision: 3 })
