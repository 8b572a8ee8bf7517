import type { ZipDirectory, ZipEntry } from '../../formats/archive/zip.ts'

/** The files of an archive by their names in Unicode's composed form, as Apple's systems compare them; no folders. */
export class BundleFiles {
  readonly #entries = new Map<string, ZipEntry>()
  readonly #names: readonly string[]

  constructor(directory: ZipDirectory) {
    for (const entry of directory.entries) {
      const name = entry.name.normalize('NFC')
      if (!name.endsWith('/') && !this.#entries.has(name)) this.#entries.set(name, entry)
    }
    this.#names = [...this.#entries.keys()].sort()
  }

  get(name: string): ZipEntry | undefined {
    return this.#entries.get(name)
  }

  /** Names below a folder, in order. @param folder ends with a slash */
  *below(folder: string): Generator<string> {
    for (let i = this.#firstFrom(folder); i < this.#names.length; i++) {
      const name = this.#names[i]!
      if (!name.startsWith(folder)) return
      yield name
    }
  }

  #firstFrom(text: string): number {
    let low = 0
    let high = this.#names.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#names[middle]! < text) low = middle + 1
      else high = middle
    }
    return low
  }
}
