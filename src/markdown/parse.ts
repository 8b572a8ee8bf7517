import type { MarkdownText } from '../model/markdown.ts'

/** Markdown of a publisher as a tree; HTML in it is text. */
export function parseMarkdown(text: string): MarkdownText {
  return { blocks: text === '' ? [] : [{ kind: 'paragraph', spans: [{ kind: 'text', text }] }], moreUrl: null }
}
