/** What a plain list page shows. The same shape as the server's page data; a page is a function of it. */
export interface Page {
  readonly title: string
  readonly subtitle: string | null
  readonly notice: string | null
  readonly text: string | null
  readonly facts: readonly { readonly name: string; readonly value: string }[]
  readonly sections: readonly {
    readonly title: string
    readonly empty: string
    readonly items: readonly {
      readonly title: string
      readonly url: string | null
      readonly details: readonly string[]
    }[]
  }[]
  readonly qrUrl: string | null
}
