import type { MarkdownText } from './markdown.ts'

/** What a plain list page shows: a function of it makes the HTML, the same facts answer as JSON. */
export interface Listing {
  readonly title: string
  readonly subtitle?: string
  /** What the page is about, in a few sentences. */
  readonly summary?: string
  /** An announcement; null where it says nothing. */
  readonly text?: MarkdownText | null
  readonly facts?: readonly ListingFact[]
  readonly sections: readonly {
    /** Null where the page is this list alone, and says so on top. */
    readonly title: string | null
    /** Said where there are no items; absent where there always are some. */
    readonly empty?: string
    readonly items: readonly ListingItem[]
  }[]
  /** The page above this one. */
  readonly up?: { readonly title: string; readonly url: string }
  /** Atom feed that a reader may subscribe to. */
  readonly feed?: { readonly title: string; readonly url: string }
}

export interface ListingItem {
  readonly title: string
  readonly url: string | null
  readonly details: readonly string[]
  readonly facts?: readonly ListingFact[]
}

export interface ListingFact {
  readonly name: string
  readonly value: string
  /** `sha256:` and 64 hex digits that belong to the value. */
  readonly digest?: string
}
