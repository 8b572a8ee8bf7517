import type { Token } from 'markdown-it'
import type { MarkdownSpan } from '../model/markdown.ts'
import { shownProse } from '../model/text.ts'
import type { Budget } from './budget.ts'
import { linkAddresses, webUrl } from './web-link.ts'

type Spans = MarkdownSpan[]

/** Marks in each other, deeper than which they are left out: a browser nests as deep as it is told to. */
const MAX_MARKS = 8

/** About what the tags of each take in HTML. */
const BYTES = { code: 13, strong: 17, emphasis: 9, struck: 7, link: 52, break: 4 } as const

const MARKS = { strong: 'strong', em: 'emphasis', s: 'struck' } as const

/** What the tokens of a line say, as far as there is room for it; nothing when that is nothing to see. */
export function spansOf(tokens: readonly Token[], budget: Budget): Spans {
  const line = new Line(budget)
  for (const token of tokens) {
    line.add(token)
    if (budget.isSpent) break
  }
  return line.end()
}

/** Spans that are being read, one after the other: however deep they are, nothing recurses. */
class Line {
  readonly #budget: Budget
  readonly #root: Spans = []
  readonly #open: Spans[] = [this.#root]
  /** Texts are told in pieces; addresses go over several. */
  #text = ''
  /** Of the link that is open; links have no links in them. */
  #url: string | null = null

  constructor(budget: Budget) {
    this.#budget = budget
  }

  get #spans(): Spans {
    return this.#open.at(-1)!
  }

  add(token: Token): void {
    switch (token.type) {
      case 'text':
        this.#text += token.content
        break
      case 'softbreak':
        this.#text += ' '
        break
      case 'hardbreak':
        this.#flush()
        if (this.#budget.take(BYTES.break)) this.#spans.push({ kind: 'break' })
        break
      case 'code_inline':
        this.#flush()
        if (this.#budget.take(BYTES.code)) this.#pushText('code', token.content)
        break
      case 'image':
        this.#flush()
        this.#addPicture(token)
        break
      case 'link_open':
        this.#flush()
        this.#openLink(String(token.attrGet('href')))
        break
      case 'link_close':
        this.#flush()
        // A link of nothing is a link of its address.
        if (this.#url !== null && this.#spans.length === 0) this.#pushText('text', this.#url)
        this.#url = null
        this.#open.pop()
        break
      case 'strong_open':
      case 'em_open':
      case 's_open': {
        this.#flush()
        const kind = MARKS[token.tag as keyof typeof MARKS]
        const spans: Spans = []
        const isMarked = this.#open.length <= MAX_MARKS && this.#budget.take(BYTES[kind])
        if (isMarked) this.#spans.push({ kind, spans })
        this.#open.push(isMarked ? spans : this.#spans)
        break
      }
      case 'strong_close':
      case 'em_close':
      case 's_close':
        this.#flush()
        this.#open.pop()
        break
    }
  }

  end(): Spans {
    this.#flush()
    const spans = this.#root
    while (spans[0]?.kind === 'break') spans.shift()
    while (spans.at(-1)?.kind === 'break') spans.pop()
    return spans.some((span) => span.kind !== 'text' || span.text.trim() !== '') ? spans : []
  }

  /** What leads nowhere that a page may lead to is shown as its text alone. */
  #openLink(address: string): void {
    const url = webUrl(address)
    const spans: Spans = []
    const isLink = url !== null && this.#budget.take(BYTES.link + url.length)
    if (isLink) this.#spans.push({ kind: 'link', url, spans })
    this.#url = isLink ? url : null
    this.#open.push(isLink ? spans : this.#spans)
  }

  /** A picture is a link to it: a page loads nothing from elsewhere. */
  #addPicture(token: Token): void {
    const address = String(token.attrGet('src'))
    const label = token.content.trim()
    if (this.#url !== null) {
      this.#pushText('text', label)
      return
    }
    this.#openLink(address)
    this.#pushText('text', label === '' ? (this.#url ?? '') : label)
    this.#url = null
    this.#open.pop()
  }

  #flush(): void {
    const text = this.#text
    this.#text = ''
    const shown = shownProse(text)
    const pieces = this.#url === null ? linkAddresses(shown) : [{ text: shown, url: null }]
    for (const piece of pieces) {
      if (this.#budget.isSpent) return
      if (piece.url === null) {
        this.#pushText('text', piece.text)
      } else if (this.#budget.take(BYTES.link + piece.url.length)) {
        const spans: Spans = []
        this.#spans.push({ kind: 'link', url: piece.url, spans })
        spans.push({ kind: 'text', text: this.#budget.takeText(piece.text) })
      }
    }
  }

  #pushText(kind: 'text' | 'code', text: string): void {
    if (text === '' || this.#budget.isSpent) return
    const shown = this.#budget.takeText(shownProse(text))
    const spans = this.#spans
    const last = spans.at(-1)
    // Marks that are none leave their text in pieces.
    if (kind === 'text' && last?.kind === 'text') spans[spans.length - 1] = { kind, text: last.text + shown }
    else spans.push({ kind, text: shown })
  }
}
