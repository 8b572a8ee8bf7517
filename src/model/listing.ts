import type { MarkdownText } from './markdown.ts'

/** What a plain list page shows: a function of it makes the HTML, the same facts answer as JSON. */
export interface Listing {
  readonly title: string
  readonly subtitle: string | null
  /** Shown on top, e.g. that the release was yanked. */
  readonly notice: string | null
  /** One line of an app. */
  readonly summary?: string | null
  /** An announcement. */
  readonly text: MarkdownText | null
  readonly facts: readonly ListingFact[]
  readonly sections: readonly {
    /** Null where the page is this list alone, and says so on top. */
    readonly title: string | null
    readonly empty: string
    readonly items: readonly ListingItem[]
  }[]
  /** The page above this one. */
  readonly up?: { readonly title: string; readonly url: string }
  /** Address of a QR code of this page. */
  readonly qrUrl: string | null
  /** Atom feed that a reader may subscribe to. */
  readonly feed?: { readonly title: string; readonly url: string }
}

export interface ListingItem {
  readonly title: string
  readonly url: string | null
  readonly details: readonly string[]
  readonly facts?: readonly ListingFact[]
  /** Plain sentences that whoever uses it should have read. */
  readonly findings?: readonly { readonly level: 'warning' | 'error'; readonly message: string }[]
}

export interface ListingFact {
  readonly name: string
  readonly value: string
  /** `sha256:` and 64 hex digits that belong to the value. */
  readonly digest?: string
}
