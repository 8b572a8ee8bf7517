/** What a plain list page shows: a function of it makes the HTML, the same facts answer as JSON. */
export interface Listing {
  readonly title: string
  readonly subtitle: string | null
  /** Shown on top, e.g. that the release was yanked. */
  readonly notice: string | null
  /** Release notes or a summary, plain text. */
  readonly text: string | null
  readonly facts: readonly { readonly name: string; readonly value: string }[]
  readonly sections: readonly {
    readonly title: string
    readonly empty: string
    readonly items: readonly ListingItem[]
  }[]
  /** Address of a QR code of this page. */
  readonly qrUrl: string | null
}

export interface ListingItem {
  readonly title: string
  readonly url: string | null
  readonly details: readonly string[]
}
