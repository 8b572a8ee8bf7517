import { z } from 'zod'
import { beginningOf, wholeOf } from '../markdown/parse.ts'
import type { MarkdownText } from '../model/markdown.ts'

/** `notes` of an address: all of a text, of which its page shows the beginning. */
export const WholeText = z.literal('all').optional()

/** What else of an address stays, when all of a text is asked for. */
type Kept = Readonly<Record<string, string | undefined>>

/**
 * Markdown of a publisher as a page shows it; null where there is none.
 * @param maxBytes of HTML, about, unless all is asked for @param kept `notes`, and what of the query stays
 */
export function shownText(text: string, maxBytes: number, { notes, ...kept }: Kept): MarkdownText | null {
  if (text.trim() === '') return null
  if (notes === 'all') return wholeOf(text)
  const query = new URLSearchParams({ notes: 'all' })
  for (const [name, value] of Object.entries(kept)) if (value !== undefined) query.set(name, value)
  return beginningOf(text, maxBytes, `?${query}#notes`)
}
