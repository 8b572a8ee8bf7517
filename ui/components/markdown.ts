import type { MarkdownText } from '../../src/model/markdown.ts'
import { html } from '../html.ts'

/** A text of a publisher: of its Markdown what a page can show. */
export function Markdown({ text }: { text: MarkdownText }) {
  return html`<div class="text">${text.blocks.map((block) => block.kind === 'paragraph' && html`<p>${block.spans.map((span) => span.kind === 'text' && span.text)}</p>`)}</div>`
}
