/**
 * Columns that text takes on a terminal, counted by grapheme: a family emoji of seven scalars is one picture of two
 * columns, `é` is one column in either form.
 *
 * Wide are East Asian Wide and Fullwidth (UAX #11) and what is shown as emoji (UTS #51); combining marks, joiners and
 * other invisible characters take none.
 */
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Printable ASCII, the common case, is as wide as it is long. */
const PLAIN = /^[\x20-\x7e]*$/
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{Regional_Indicator}{2}|[#*0-9]\ufe0f?\u20e3/u
const INVISIBLE = /^[\p{Mark}\p{Cc}\p{Cf}\u115f-\u11ff\u3164\ud7b0-\ud7ff\uffa0]$/u

/** First and last code points of East Asian Wide and Fullwidth, in order (EastAsianWidth.txt, blocks joined). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
]

function isWide(codePoint: number): boolean {
  if (codePoint < WIDE[0]![0]) return false
  return WIDE.some(([first, last]) => codePoint >= first && codePoint <= last)
}

function graphemeWidth(grapheme: string): number {
  if (EMOJI.test(grapheme)) return 2
  let width = 0
  for (const scalar of grapheme) {
    if (!INVISIBLE.test(scalar)) width += isWide(scalar.codePointAt(0)!) ? 2 : 1
  }
  return width
}

/** Columns of one line. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

/** `text` with spaces after it up to `columns`; text that is wider stays as it is. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)))
}

/** At most `columns` columns of `text`, cut between graphemes with `…` at the end. */
export function cutColumns(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment)
    if (width > columns - 1) break
    kept += segment
  }
  return `${kept}…`
}

/**
 * Text from elsewhere (a server, a file name) made safe to show: what could move the cursor, reorder the line or begin
 * another one (controls, bidirectional formatting characters, line and paragraph separators) becomes `\u{…}`. Line
 * breaks stay when `lines` is set.
 */
export function printable(text: string, options: { lines?: boolean } = {}): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) =>
    options.lines && (character === '\n' || character === '\t')
      ? character
      : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  )
}

/** A table with two spaces between columns; the last column is not padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => printable(cell)))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => displayWidth(row[column] ?? ''))))
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : padColumns(cell, widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}
