/** A file as an install page offers it. */
export interface PageFile {
  /** `Disk image`, or the name of an attachment. */
  readonly title: string
  /** `Apple silicon` */
  readonly machine: string | null
  /** Size, and what else stands beside the name. */
  readonly details: readonly string[]
  /** Names and values in order; a digest that belongs to a value follows it. */
  readonly facts: readonly (readonly string[])[]
  /** What is said of it, and of all files beside it: `Warning: It is not signed. Android installs…` */
  readonly verdicts: readonly string[]
  /** 64 hex digits, as copied. */
  readonly sha256: string | null
  /** Where its button leads. */
  readonly url: string | null
}

/** The files of an install page by name, offers before attachments, read from its HTML. */
export function pageFiles(html: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const group of html.split('<section class="group">').slice(1)) {
    const common = group.split(/<article|<\/section>/)[0]!
    for (const [, name = '', offer = ''] of group.matchAll(/<article [^>]*data-file="([^"]*)"[^>]*>(.*?)<\/article>/gs))
      files.set(textOf(name), offerOf(offer, verdictsIn(common)))
  }
  const [, attachments = ''] = /<section id="attachments">(.*?)<\/section>/s.exec(html) ?? []
  for (const [, item = ''] of attachments.matchAll(/<li>(.*?)<\/li>/gs)) {
    const file = attachmentOf(item)
    files.set(file.title, file)
  }
  return files
}

/** What each action of a page is called by who does not see it, in order. */
export function pageActions(html: string): readonly string[] {
  return [...html.matchAll(/<a class="(?:button|lesser)"[^>]*>(.*?)<\/a>/gs)].map(([, text = '']) => textOf(text))
}

function offerOf(html: string, common: readonly string[]): PageFile {
  const [, head = ''] = /<h3>(.*?)<\/h3>/s.exec(html) ?? []
  const [title = '', machine] = head.split('<span>')
  const [, line = ''] = /<\/h3><p>(.*?)<\/p>/s.exec(html) ?? []
  const [, minOs] = /<span class="os">(.*?)<\/span>/s.exec(line) ?? []
  return {
    title: textOf(title),
    machine: machine === undefined ? null : textOf(machine),
    details: [...line.matchAll(/<span>([^<]*)<\/span>/g)].map(([, text = '']) => textOf(text)),
    facts: [...(minOs === undefined ? [] : [['Min OS', textOf(minOs)]]), ...factsIn(html)],
    verdicts: [...verdictsIn(html), ...common],
    sha256: /<div class="sum"><code>([0-9a-f]{64})<\/code>/.exec(html)?.[1] ?? null,
    url: addressOf(/<a class="button" href="([^"]*)"/.exec(html)?.[1]),
  }
}

function attachmentOf(html: string): PageFile {
  const [, title = ''] = /<strong>(.*?)<\/strong>/s.exec(html) ?? []
  return {
    title: textOf(title),
    machine: null,
    details: [...html.matchAll(/<span>(.*?)<\/span>/gs)].map(([, detail = '']) => textOf(detail)),
    facts: factsIn(html),
    verdicts: [],
    sha256: /<span class="digest">sha256:([0-9a-f]{64})</.exec(html)?.[1] ?? null,
    url: addressOf(/<a href="([^"]*)"/.exec(title)?.[1]),
  }
}

function addressOf(attribute: string | undefined): string | null {
  return attribute === undefined ? null : textOf(attribute)
}

function factsIn(html: string): string[][] {
  return [...html.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)].map(([, name = '', value = '']) =>
    [name, ...value.split('<span class="digest">')].map(textOf),
  )
}

function verdictsIn(html: string): string[] {
  return [...html.matchAll(/<ul class="told">(.*?)<\/ul>/gs)].flatMap(([, list = '']) =>
    [...list.matchAll(/<li [^>]*>(.*?)<\/li>/gs)].map(([, verdict = '']) => textOf(verdict)),
  )
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** HTML as it is read. */
export function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(#?\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity)
    .trim()
}
