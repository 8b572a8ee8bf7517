import type { ByteSource } from '../../bytes/byte-source.ts'
import { readAhead } from '../../bytes/read-ahead.ts'
import { type CodeResources, parseCodeResources, type SealedFile } from '../../formats/apple/code-resources.ts'
import { decodePlist, MAX_PLIST_BYTES } from '../../formats/apple/plist.ts'
import { isPlistDict } from '../../formats/apple/plist-value.ts'
import {
  isSymlink,
  readZipMember,
  streamZipMember,
  type ZipDirectory,
  type ZipEntry,
} from '../../formats/archive/zip.ts'
import { decodeUtf8 } from '../../formats/decode-text.ts'
import { createHash } from '../../formats/file-hash.ts'
import { isAboutBytes } from '../../formats/format-error.ts'
import type { Check } from '../../model/inspection.ts'
import { finding, quote } from '../finding.ts'
import type { InspectLimits } from '../inspector.ts'
import { undefinedWhereDamaged } from '../reading.ts'
import { wholePass } from '../whole-pass.ts'
import { plistText } from './app-bundle.ts'
import type { BundleFiles } from './bundle-files.ts'
import { openBundleProgram, type ProgramArchive } from './bundle-program.ts'
import { readProgramSignature, type SignedBundle } from './program-signature.ts'

/** An archive with an application. */
export interface BundleArchive extends ProgramArchive {
  readonly files: BundleFiles
  readonly limits: InspectLimits
}

/** A bundle in it whose main program is signed. */
export interface BundlePlace {
  /** Where `Contents` is, or for flat bundles the bundle; with a slash at its end. */
  readonly base: string
  /** Within {@link base}. */
  readonly executable: string
  readonly infoPlist: Uint8Array
  /** How deep it lies in other bundles. */
  readonly depth: number
}

/** Applications with helpers within frameworks have three. */
const MAX_DEPTH = 5
/** The largest applications have some hundred. */
const MAX_NESTED_CODE = 300
/** Paths to code have fewer folders. */
const MAX_FOLDERS = 40
/** What codesign itself leaves out (Security `bundlediskrep.cpp`), and what the App Store adds for iOS. */
const UNSEALED = ['_CodeSignature/', 'CodeResources', '_MASReceipt/', 'SC_Info/']
const MAX_TARGET_BYTES = 4096

/** Holds bundles against the lists of their files that their signatures cover. */
export class BundleSeals {
  /** What was found, each problem once; the first of its kind tells enough. */
  readonly checks: Check[] = []
  readonly #archive: BundleArchive
  readonly #family: 'ipa' | 'app'
  #nested = 0

  constructor(archive: BundleArchive, family: 'ipa' | 'app') {
    this.#archive = archive
    this.#family = family
  }

  /** What the signature of the main program needs to know of its bundle. */
  async signedBundle(place: BundlePlace): Promise<SignedBundle> {
    const entry = this.#archive.files.get(`${place.base}_CodeSignature/CodeResources`)
    const codeResources = entry === undefined || isSymlink(entry) ? 'none' : await this.#list(entry)
    return {
      infoPlist: place.infoPlist,
      codeResources,
      filesHold: async () => (codeResources instanceof Uint8Array ? this.#filesHold(place, codeResources) : undefined),
    }
  }

  #list(entry: ZipEntry): Promise<Uint8Array | undefined> {
    const { source, directory, budget } = this.#archive
    if (entry.sizeBytes > MAX_PLIST_BYTES) return Promise.resolve(undefined)
    return undefinedWhereDamaged(() => readZipMember(source, directory, entry, MAX_PLIST_BYTES, budget))
  }

  async #filesHold(place: BundlePlace, list: Uint8Array): Promise<boolean | undefined> {
    const { files, budget } = this.#archive
    let sealed: CodeResources
    try {
      sealed = parseCodeResources(list)
    } catch (error) {
      if (!isAboutBytes(error)) throw error
      return this.#unknown('the list of its files cannot be read')
    }
    budget.tick()
    const toHash: { readonly file: SealedFile; readonly entry: ZipEntry }[] = []
    const nested: SealedFile[] = []
    for (const file of sealed.files) {
      const name = place.base + file.path
      const entry = files.get(name)
      if (file.seal.kind === 'code') nested.push(file)
      else if (entry !== undefined) toHash.push({ file, entry })
      else if (!file.isOptional) return this.#differs(`The file ${quote(name)}, which was signed, is missing`)
    }
    const added = this.#addedFile(place, sealed, nested)
    if (added !== undefined) return this.#differs(`The file ${quote(added)} was added after signing`)
    return this.#all([await this.#contentsHold(place, toHash), ...(await this.#codeHolds(place, nested))])
  }

  #addedFile(place: BundlePlace, { files, mayBeUnlisted }: CodeResources, nested: readonly SealedFile[]) {
    if (mayBeUnlisted === undefined) return undefined
    const listed = new Set(files.map(({ path }) => path))
    const code = new Set(nested.map(({ path }) => path))
    for (const name of this.#archive.files.below(place.base)) {
      const path = name.slice(place.base.length)
      if (listed.has(path) || path === place.executable || mayBeUnlisted(path)) continue
      if (UNSEALED.some((start) => (start.endsWith('/') ? path.startsWith(start) : path === start))) continue
      if (!liesIn(code, path)) return name
    }
    return undefined
  }

  async #contentsHold(
    place: BundlePlace,
    toHash: { readonly file: SealedFile; readonly entry: ZipEntry }[],
  ): Promise<boolean | undefined> {
    const { source, directory, budget, allowance } = this.#archive
    let unpacked = 0
    let packed = 0
    for (const { entry } of toHash) {
      unpacked += entry.sizeBytes
      packed += entry.compressedBytes
    }
    if (packed > source.sizeBytes || !allowance.take(unpacked)) return this.#unknown('they unpack to too much')
    toHash.sort((a, b) => a.entry.offset - b.entry.offset)
    let isKnown = true
    const changed = await wholePass(source, budget, async (bytes) => {
      const ahead = readAhead(bytes)
      for (const { file, entry } of toHash) {
        const verdict = await isAsSealed(ahead, directory, entry, file.seal)
        if (verdict === false) return file
        if (verdict === undefined) isKnown = false
      }
      return undefined
    })
    if (changed !== undefined)
      return this.#differs(`The file ${quote(place.base + changed.path)} is not what was signed`)
    return isKnown ? true : this.#unknown('some are listed in a way that is not known')
  }

  async #codeHolds(place: BundlePlace, nested: readonly SealedFile[]): Promise<(boolean | undefined)[]> {
    const verdicts: (boolean | undefined)[] = []
    for (const { path, seal, isOptional } of nested) {
      this.#archive.budget.tick()
      if (++this.#nested > MAX_NESTED_CODE || place.depth >= MAX_DEPTH) {
        verdicts.push(this.#unknown('it has too many programs within it'))
        break
      }
      const name = place.base + path
      if (!this.#has(name)) {
        if (isOptional) continue
        verdicts.push(this.#differs(`The program ${quote(name)}, which was signed, is missing`))
        break
      }
      const found = await this.#nestedCode(name, place.depth + 1)
      // Scripts and bundles without a program have their signature elsewhere.
      if (found === undefined) verdicts.push(this.#unknown(`the signature of ${quote(name)} was not read`))
      else if (found.holds === false) verdicts.push(this.#differs(`The program ${quote(name)} is not what was signed`))
      else if (seal.kind === 'code' && !found.codeHashes.has(seal.codeHash))
        // Systems go by the requirement beside the hash, which another signature of the same team also meets.
        verdicts.push(this.#unknown(`the program ${quote(name)} was signed again after it`))
      else verdicts.push(found.holds)
      if (verdicts.at(-1) === false) break
    }
    return verdicts
  }

  #has(name: string): boolean {
    const { files } = this.#archive
    return files.get(name) !== undefined || !files.below(`${name}/`).next().done
  }

  async #nestedCode(name: string, depth: number) {
    const { files, budget, limits } = this.#archive
    const place = files.get(name) === undefined ? await this.#nestedPlace(name, depth) : undefined
    const entry = files.get(place === undefined ? name : place.base + place.executable)
    const program = entry && (await openBundleProgram(this.#archive, entry))
    if (program?.code === undefined) return undefined
    const signature = await readProgramSignature(program.code, program.slices, {
      family: this.#family,
      what: `The program ${quote(name)}`,
      budget,
      limits,
      overCode: program.overCode,
      ...(place === undefined ? {} : { bundle: await this.signedBundle(place) }),
    })
    const states = signature.inspection.signatures?.map(({ state }) => state) ?? []
    const isWhole = states.length > 0 && signature.unsignedSlices.length === 0
    const holds = !isWhole || states.includes('invalid') ? false : states.includes('unverified') ? undefined : true
    return { holds, codeHashes: signature.codeHashes }
  }

  /** Where the contents of a bundle lie: in a version of a framework, in `Contents`, or in the bundle itself. */
  async #nestedPlace(name: string, depth: number): Promise<BundlePlace | undefined> {
    const { files } = this.#archive
    const version = await this.#linkTarget(files.get(`${name}/Versions/Current`))
    const candidates = [
      ...(version === undefined || !/^[^/]{1,100}$/.test(version)
        ? []
        : [{ base: `${name}/Versions/${version}/`, info: 'Resources/Info.plist', folder: '' }]),
      { base: `${name}/Contents/`, info: 'Info.plist', folder: 'MacOS/' },
      { base: `${name}/`, info: 'Info.plist', folder: '' },
    ]
    for (const { base, info, folder } of candidates) {
      const entry = files.get(base + info)
      const infoPlist = entry && (await this.#list(entry))
      if (infoPlist === undefined) continue
      const own = name.slice(name.lastIndexOf('/') + 1).replace(/\.[^.]{1,20}$/, '')
      return { base, executable: folder + (executableOf(infoPlist) ?? own), infoPlist, depth }
    }
    return undefined
  }

  async #linkTarget(entry: ZipEntry | undefined): Promise<string | undefined> {
    const { source, directory, budget } = this.#archive
    if (entry === undefined || !isSymlink(entry) || entry.sizeBytes > MAX_TARGET_BYTES) return undefined
    return undefinedWhereDamaged(async () =>
      decodeUtf8(await readZipMember(source, directory, entry, MAX_TARGET_BYTES, budget), 'link').normalize('NFC'),
    )
  }

  #all(verdicts: readonly (boolean | undefined)[]): boolean | undefined {
    return verdicts.includes(false) ? false : verdicts.includes(undefined) ? undefined : true
  }

  #differs(sentence: string): false {
    this.#add('error', 'resources_differ', `${sentence}: the signature of the application does not cover it`)
    return false
  }

  #unknown(reason: string): undefined {
    this.#add('info', 'resources_not_verified', `The files of the application were not all held against it: ${reason}`)
    return undefined
  }

  #add(level: Check['level'], code: string, words: string): void {
    const check = finding(level, `${this.#family}.${code}`, words)
    if (!this.checks.some((other) => other.code === check.code)) this.checks.push(check)
  }
}

/** Whether one of the folders of `path` is in the set. */
function liesIn(folders: ReadonlySet<string>, path: string): boolean {
  if (folders.size === 0) return false
  let at = path.indexOf('/')
  for (let i = 0; at >= 0 && i < MAX_FOLDERS; i++, at = path.indexOf('/', at + 1)) {
    if (folders.has(path.slice(0, at))) return true
  }
  return false
}

function executableOf(infoPlist: Uint8Array): string | undefined {
  try {
    const info = decodePlist(infoPlist)
    return isPlistDict(info) ? plistText(info, 'CFBundleExecutable')?.normalize('NFC') : undefined
  } catch (error) {
    if (isAboutBytes(error)) return undefined
    throw error
  }
}

/** Undefined when it is sealed in a way that we do not know. */
async function isAsSealed(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  seal: SealedFile['seal'],
): Promise<boolean | undefined> {
  if (seal.kind === 'unknown' || seal.kind === 'code') return undefined
  if ((seal.kind === 'link') !== isSymlink(entry)) return false
  try {
    if (seal.kind === 'file') {
      const hash = createHash(seal.hash)
      for await (const piece of streamZipMember(source, directory, entry)) hash.update(piece)
      return isSame(seal.digest, hash.digest())
    }
    if (entry.sizeBytes > MAX_TARGET_BYTES) return false
    const parts: Uint8Array[] = []
    for await (const piece of streamZipMember(source, directory, entry)) parts.push(piece)
    const text = parts.map((part) => decodeUtf8(part, 'link')).join('')
    return text.normalize('NFC') === seal.target.normalize('NFC')
  } catch (error) {
    if (isAboutBytes(error)) return false
    throw error
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i])
}
