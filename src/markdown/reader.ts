import MarkdownIt, { type ParserBlock, type ParserInline, type MarkdownIt as Reader, type Token } from 'markdown-it'

type BlockState = InstanceType<ParserBlock['State']>
type InlineState = InstanceType<ParserInline['State']>

/** Lists and quotes in each other, deeper than which a text is shown as it was written. A list counts twice. */
const MAX_DEPTH = 16
/** Columns of a table. Rows are filled up to all of them, so that few bytes would make many cells. */
const MAX_COLUMNS = 32

/** What is below too many lists and quotes, as code: the rules for blocks take as long again for each level. */
function tooDeep(state: BlockState, startLine: number, endLine: number, isTrial: boolean): boolean {
  if (state.level < MAX_DEPTH) return false
  if (isTrial) return true
  let line = startLine
  while (line < endLine && (state.isEmpty(line) || state.sCount[line]! >= state.blkIndent)) line++
  const token = state.push('code_block', 'code', 0)
  token.content = state.getLines(startLine, line, state.blkIndent, false)
  state.line = line
  return true
}

/** A comment that has its lines for itself. Its text may look like any block. */
function commentBlock(state: BlockState, startLine: number, endLine: number, isTrial: boolean): boolean {
  const start = state.bMarks[startLine]! + state.tShift[startLine]!
  if (!state.src.startsWith('<!--', start) || state.sCount[startLine]! - state.blkIndent > 3) return false
  const end = endOfComment(state, start)
  if (end < 0) return false
  if (refused.get(state) === end) return false
  let line = startLine
  while (line < endLine && state.eMarks[line]! < end) line++
  // What ends outside of this list or quote, and what a text follows on, is left to `tag`.
  if (line >= endLine || state.src.slice(end, state.eMarks[line]).trim() !== '') {
    refused.set(state, end)
    return false
  }
  if (isTrial) return true
  state.line = line + 1
  return true
}

const SHORT_TAG = /<(?:br ?\/?|details(?: open)?|\/(?:details|summary)|summary)>/iy

/** HTML that is no text: comments, which people leave to each other, folds, which are open here, and breaks. */
function tag(state: InlineState, isTrial: boolean): boolean {
  const { pos, src } = state
  if (src.charCodeAt(pos) !== 0x3c) return false
  if (src.startsWith('<!--', pos)) {
    const end = endOfComment(state, pos)
    if (end < 0 || end > state.posMax) return false
    state.pos = end
    return true
  }
  SHORT_TAG.lastIndex = pos
  const found = SHORT_TAG.exec(src)?.[0]
  if (found === undefined || pos + found.length > state.posMax) return false
  if (!isTrial && /^<br/i.test(found)) state.push('hardbreak', 'br', 0)
  state.pos = pos + found.length
  return true
}

/** Where a comment ends that is no block, however often one begins before it. */
const refused = new WeakMap<BlockState, number>()
/** Texts without an end of a comment from some place on: looked for once. */
const endless = new WeakMap<BlockState | InlineState, number>()

/** Where a comment that begins at `start` ends, or -1. */
function endOfComment(state: BlockState | InlineState, start: number): number {
  if (start >= (endless.get(state) ?? Number.POSITIVE_INFINITY)) return -1
  const end = state.src.indexOf('-->', start + 4)
  if (end >= 0) return end + 3
  endless.set(state, start)
  return -1
}

/**
 * CommonMark with tables and struck text. HTML is text; addresses are found in the tree, by `linkAddresses`, and so is
 * decided which of them are links.
 */
function newReader(): Reader {
  const reader = new MarkdownIt({ html: false, linkify: false, typographer: false, maxNesting: 2 * MAX_DEPTH })
  reader.validateLink = () => true
  const interrupts = { alt: ['paragraph', 'reference', 'blockquote', 'list'] }
  reader.block.ruler.before('table', 'too_deep', tooDeep)
  reader.block.ruler.before('table', 'comment', commentBlock, interrupts)
  reader.inline.ruler.before('autolink', 'tag', tag)
  // The text in place of a picture is read by itself, and pictures in it again: with neither end nor use here.
  let isWithin = false
  const { inline } = reader
  const parse = inline.parse.bind(inline)
  inline.parse = (...given) => {
    if (isWithin) return
    isWithin = true
    try {
      parse(...given)
    } finally {
      isWithin = false
    }
  }
  return reader
}

const withTables = newReader()
const withoutTables = newReader().disable('table')
const WIDE_ROW = new RegExp(`^(?:[^|\\n]*\\|){${MAX_COLUMNS + 2}}`, 'm')

/** A text as the tokens of markdown-it. */
export function tokensOf(text: string): Token[] {
  return (WIDE_ROW.test(text) ? withoutTables : withTables).parse(text, {})
}
