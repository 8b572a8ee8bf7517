import type { MarkdownBlock, MarkdownSpan, MarkdownText } from '../../src/model/markdown.ts'
import { html } from '../html.ts'

interface MarkdownProps {
  readonly text: MarkdownText
  /** Level of the heading that the text stands below. */
  readonly below?: number
}

/** A text of a publisher. What it is made of is text to the page: nothing in it becomes HTML but through this file. */
export function Markdown({ text, below = 2 }: MarkdownProps) {
  // The headings of a text begin at any level; those of a page leave out none.
  const top = text.blocks.reduce((least, block) => (block.kind === 'heading' ? Math.min(least, block.level) : least), 6)
  const levelOf = (level: number) => Math.min(6, below + 1 + Math.max(0, level - top))
  return html`<div class="markdown">
    ${text.blocks.map((block) => blockOf(block, levelOf))}
    ${text.moreUrl !== null && html`<p><a href=${text.moreUrl}>Show the whole text</a></p>`}
  </div>`
}

function blockOf(block: MarkdownBlock, levelOf: (level: number) => number): unknown {
  switch (block.kind) {
    case 'paragraph':
      return html`<p>${block.spans.map(spanOf)}</p>`
    case 'heading':
      return html`<${`h${levelOf(block.level)}`}>${block.spans.map(spanOf)}<//>`
    case 'list': {
      const items = block.items.map(
        (item) => html`<li>${item.map((within) => itemBlockOf(within, item.length, levelOf))}</li>`,
      )
      if (block.start === null) return html`<ul>${items}</ul>`
      return html`<ol start=${block.start === 1 ? undefined : block.start}>${items}</ol>`
    }
    case 'quote':
      return html`<blockquote>${block.blocks.map((within) => blockOf(within, levelOf))}</blockquote>`
    case 'code':
      // What scrolls is reached with keys.
      return html`<pre tabindex="0" role="group" aria-label="Code"><code>${block.text}</code></pre>`
    case 'table':
      return html`<div class="scrolls" tabindex="0" role="group" aria-label="Table"><table>
        <thead><tr>${block.head.map((cell) => html`<th>${cell.map(spanOf)}</th>`)}</tr></thead>
        <tbody>${block.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell.map(spanOf)}</td>`)}</tr>`)}</tbody>
      </table></div>`
    case 'rule':
      return html`<hr />`
    default:
      return block satisfies never
  }
}

/** An item of one line needs no paragraph. */
function itemBlockOf(block: MarkdownBlock, count: number, levelOf: (level: number) => number): unknown {
  return block.kind === 'paragraph' && count === 1 ? block.spans.map(spanOf) : blockOf(block, levelOf)
}

function spanOf(span: MarkdownSpan): unknown {
  switch (span.kind) {
    case 'text':
      return span.text
    case 'code':
      return html`<code>${span.text}</code>`
    case 'strong':
      return html`<strong>${span.spans.map(spanOf)}</strong>`
    case 'emphasis':
      return html`<em>${span.spans.map(spanOf)}</em>`
    case 'struck':
      return html`<s>${span.spans.map(spanOf)}</s>`
    case 'link':
      return html`<a href=${span.url} rel="nofollow noopener noreferrer">${span.spans.map(spanOf)}</a>`
    case 'break':
      return html`<br />`
    default:
      return span satisfies never
  }
}
