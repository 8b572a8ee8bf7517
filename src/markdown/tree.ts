import type { Token } from 'markdown-it'
import type { MarkdownBlock, MarkdownSpan } from '../model/markdown.ts'
import { shownProse } from '../model/text.ts'
import type { Budget } from './budget.ts'
import { spansOf } from './spans.ts'

type Spans = MarkdownSpan[]
type Blocks = MarkdownBlock[]

/** About what the tags of each take in HTML. */
const BYTES = { paragraph: 9, list: 9, item: 9, quote: 25, code: 75, rule: 6, table: 90, row: 9, cell: 9 } as const

interface Tree {
  readonly blocks: readonly MarkdownBlock[]
  /** Whether there was more than there was room for. */
  readonly isCut: boolean
  /** Where the last block began of those that are in no other: line of the text, and blocks before it. */
  readonly last: { readonly line: number; readonly count: number }
}

/** The tree of the tokens of a text, as far as there is room for it. However deep it is, nothing recurses. */
export function treeOf(tokens: readonly Token[], budget: Budget): Tree {
  const root: Blocks = []
  /** Where blocks go, and the items of the list that is being read. */
  const open: { readonly blocks: Blocks; readonly items?: Blocks[] }[] = [{ blocks: root }]
  let level: number | null = null
  let table: { readonly head: Spans[]; readonly rows: Spans[][] } | null = null
  let isHead = false
  let row: Spans[] = []
  let last = { line: 0, count: 0 }
  for (const token of tokens) {
    if (token.level === 0 && token.map !== null) last = { line: token.map[0], count: root.length }
    const { blocks, items } = open.at(-1)!
    switch (token.type) {
      case 'blockquote_open': {
        const quote: Blocks = []
        if (budget.take(BYTES.quote)) blocks.push({ kind: 'quote', blocks: quote })
        open.push({ blocks: quote })
        break
      }
      case 'bullet_list_open':
      case 'ordered_list_open': {
        const list: Blocks[] = []
        const start = token.type === 'bullet_list_open' ? null : Number(token.attrGet('start') ?? 1)
        if (budget.take(BYTES.list)) blocks.push({ kind: 'list', start, items: list })
        open.push({ blocks, items: list })
        break
      }
      case 'list_item_open': {
        const item: Blocks = []
        if (budget.take(BYTES.item)) items?.push(item)
        open.push({ blocks: item })
        break
      }
      case 'blockquote_close':
      case 'bullet_list_close':
      case 'ordered_list_close':
      case 'list_item_close':
        open.pop()
        break
      case 'heading_open':
        level = Number(token.tag[1])
        break
      case 'heading_close':
        level = null
        break
      case 'fence':
      case 'code_block':
        if (budget.take(BYTES.code)) {
          blocks.push({ kind: 'code', text: budget.takeText(shownProse(token.content.replace(/\n$/, ''))) })
        }
        break
      case 'hr':
        if (budget.take(BYTES.rule)) blocks.push({ kind: 'rule' })
        break
      case 'table_open':
        table = { head: [], rows: [] }
        if (budget.take(BYTES.table)) blocks.push({ kind: 'table', ...table })
        break
      case 'thead_open':
      case 'thead_close':
        isHead = token.nesting > 0
        break
      case 'tr_open':
        row = isHead ? table!.head : []
        if (budget.take(BYTES.row) && !isHead) table!.rows.push(row)
        break
      case 'table_close':
        table = null
        break
      case 'inline': {
        if (!budget.take(table ? BYTES.cell : BYTES.paragraph)) break
        const spans = spansOf(token.children ?? [], budget)
        if (table) row.push(spans)
        else if (spans.length > 0)
          blocks.push(level === null ? { kind: 'paragraph', spans } : { kind: 'heading', level, spans })
        break
      }
    }
    if (budget.isSpent) return { blocks: root, isCut: true, last }
  }
  return { blocks: root, isCut: false, last }
}
