/** Markdown as a tree of what a page may show: no HTML, no picture, and no address but those of the web and of mail. */
export type MarkdownBlock =
  | { readonly kind: 'paragraph'; readonly spans: readonly MarkdownSpan[] }
  /** `level` is that of the text, from 1 to 6; the page puts it below its own headings. */
  | { readonly kind: 'heading'; readonly level: number; readonly spans: readonly MarkdownSpan[] }
  | { readonly kind: 'list'; readonly start: number | null; readonly items: readonly (readonly MarkdownBlock[])[] }
  | { readonly kind: 'quote'; readonly blocks: readonly MarkdownBlock[] }
  | { readonly kind: 'code'; readonly text: string }
  | {
      readonly kind: 'table'
      readonly head: readonly (readonly MarkdownSpan[])[]
      readonly rows: readonly (readonly (readonly MarkdownSpan[])[])[]
    }
  | { readonly kind: 'rule' }

export type MarkdownSpan =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'emphasis' | 'struck'; readonly spans: readonly MarkdownSpan[] }
  /** `url` begins with `http://`, `https://` or `mailto:`. */
  | { readonly kind: 'link'; readonly url: string; readonly spans: readonly MarkdownSpan[] }
  | { readonly kind: 'break' }

/** A text as a page shows it. */
export interface MarkdownText {
  readonly blocks: readonly MarkdownBlock[]
  /** Where all of it is found, when only its beginning is shown. */
  readonly moreUrl: string | null
}
