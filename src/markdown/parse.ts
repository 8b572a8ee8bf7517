import { cutText } from '../bytes/cut-text.ts'
import type { MarkdownBlock, MarkdownText } from '../model/markdown.ts'
import { shownProse } from '../model/text.ts'
import { Budget } from './budget.ts'
import { tokensOf } from './reader.ts'
import { treeOf } from './tree.ts'

/** What is read of a text for its beginning: comments and addresses take more than is shown of them. UTF-16 units. */
const MAX_READ_FOR_BEGINNING = 16_384
/** What is read as Markdown of a whole text: a tenth of a second, whatever it is made of. UTF-16 units. */
const MAX_READ = 65_536
/** Of a whole text, in bytes of HTML. What does not fit is shown as it was written. */
const MAX_BYTES = 262_144

/**
 * The beginning of a publisher's Markdown.
 * @param maxBytes of its HTML, about @param moreUrl where all of it is, for what has more
 */
export function beginningOf(text: string, maxBytes: number, moreUrl: string): MarkdownText {
  const source = withLineFeeds(text)
  const read = readable(source, MAX_READ_FOR_BEGINNING)
  const { blocks, isCut } = treeOf(tokensOf(read), new Budget(maxBytes))
  return { blocks, moreUrl: isCut || read.length < source.length ? moreUrl : null }
}

/** All of a publisher's Markdown; of a text that is very long the rest as it was written, from some block on. */
export function wholeOf(text: string): MarkdownText {
  const source = withLineFeeds(text)
  const read = readable(source, MAX_READ)
  const { blocks, isCut, last } = treeOf(tokensOf(read), new Budget(MAX_BYTES))
  if (!isCut && read.length === source.length) return { blocks, moreUrl: null }
  // The block in which it was cut is shown once.
  const rest: MarkdownBlock = { kind: 'code', text: shownProse(linesFrom(source, last.line)) }
  return { blocks: [...blocks.slice(0, last.count), rest], moreUrl: null }
}

function withLineFeeds(text: string): string {
  return text.replace(/\r\n?/g, '\n')
}

/** The first lines of a text; a part of the first one when that is too long by itself. */
function readable(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text
  const end = text.lastIndexOf('\n', maxUnits)
  return end > 0 ? text.slice(0, end) : cutText(text, maxUnits)
}

function linesFrom(text: string, line: number): string {
  let from = 0
  for (let i = 0; i < line; i++) from = text.indexOf('\n', from) + 1
  return text.slice(from)
}
