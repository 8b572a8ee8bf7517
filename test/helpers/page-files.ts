/** A file as a page lists it. */
export interface PageFile {
  readonly title: string
  readonly details: readonly string[]
  /** Names and values in order; a digest that belongs to a value follows it. */
  readonly facts: readonly (readonly string[])[]
  readonly findings: readonly string[]
}

/** The items of a page's lists by their title, read from its HTML; of two with one title the first. */
export function pageFiles(html: string): ReadonlyMap<string, PageFile> {
  const files = [...html.matchAll(/<li>(.*?)<\/li>/gs)].map(([, item = '']): PageFile => {
    const [, title = '', rest = ''] = /<strong>(.*?)<\/strong>(.*)/s.exec(item) ?? []
    const [line = ''] = rest.split(/<dl>|<p /)
    return {
      title: textOf(title),
      details: [...line.matchAll(/<span.*?>(.*?)<\/span>/gs)].map(([, detail = '']) => textOf(detail)),
      facts: [...rest.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)].map(([, name = '', value = '']) =>
        [name, ...value.split('<span class="digest">')].map(textOf),
      ),
      findings: [...rest.matchAll(/<p class.*?>(.*?)<\/p>/gs)].map(([, finding = '']) => textOf(finding)),
    }
  })
  return new Map(files.toReversed().map((file) => [file.title, file]))
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(#?\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity)
    .trim()
}
