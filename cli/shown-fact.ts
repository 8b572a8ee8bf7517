import type { Inspection } from '../src/model/inspection.ts'
import { sizeText } from '../src/model/size.ts'

type Fact = NonNullable<Inspection['facts']>[string]

/** Lists of facts are cut here, because an APK has a hundred permissions; `--json` has all. */
const MAX_LISTED = 8
/** So is a text, of which people read the start: some packages carry their whole license as one. Graphemes. */
const MAX_SHOWN = 200

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Facts that are sizes, by the bytes that one of their unit has; the names of others end in `Bytes`. */
const UNIT_BYTES: Readonly<Record<string, number>> = { installedSize: 1024 }

/** A fact of one format for people: a size with its unit, a list or a text cut to what fits. */
export function factText(name: string, value: Fact): string | undefined {
  if (typeof value === 'object') return listed(value)
  const unitBytes = UNIT_BYTES[name] ?? (name.endsWith('Bytes') ? 1 : undefined)
  if (unitBytes !== undefined && /^\d{1,12}$/.test(String(value))) return sizeText(Number(value) * unitBytes)
  return firstLine(String(value))
}

export function listed(values: readonly string[] | undefined): string | undefined {
  if (values === undefined) return undefined
  const more = values.length - MAX_LISTED
  return `${values.slice(0, MAX_LISTED).map(firstLine).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The start of the first line, with `…` where more follows. */
export function firstLine(text: string): string {
  const [line = ''] = text.split(/[\n\r\u2028\u2029]/, 1)
  let kept = ''
  let count = 0
  for (const { segment } of graphemes.segment(line)) {
    if (count++ === MAX_SHOWN) break
    kept += segment
  }
  return kept === text ? text : `${kept}…`
}
