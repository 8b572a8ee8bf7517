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
import { otherVersions, strayFile } from './bundle-root.ts'
import { readProgramSignature, type SignedBundle, type SliceIdentity } from './program-signature.ts'

/** An archive with an application. */
export interface BundleArchive extends ProgramArchive {
  readonly files: BundleFiles
  readonly limits: InspectLimits
}

/** A bundle in it whose main program is signed. */
export interface BundlePlace {
  /** The folder `Contents`, the version of a framework, or for flat bundles the bundle; with a slash at its end. */
  readonly base: string
  /** Within {@link base}. */
  readonly executable: string
  /** The bundle, with a slash at its end; left out for the application itself. */
  readonly root?: string
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
/** What codesign itself leaves out (Security `bundlediskrep.cpp`): its lists, tickets and receipts of the store. */
const UNSEALED = ['_CodeSignature/CodeResources', 'CodeResources', '_MASReceipt/']
/** For iOS also what the App Store adds, and what Macs alone look at so strictly. */
const UNSEALED_ON_IOS = ['SC_Info/', '_CodeSignature/']
const MAX_TARGET_BYTES = 4096
const NONE: ReadonlySet<string> = new Set()
const TOO_MANY = 'it has too many programs within it'

/** One of the ways in which bundles are laid out. */
interface Layout {
  readonly root: string
  readonly base: string
  /** Within {@link base}. */
  readonly info: string
  /** Of the program, within {@link base}; with a slash at its end unless empty. */
  readonly folder: string
  readonly depth: number
}

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
    const added = this.#addedFile(place, sealed, nested) ?? (await this.#strayFile(place))
    if (added !== undefined) return this.#differs(`The file ${quote(added)} was added after signing`)
    const isComplete =
      sealed.mayBeUnlisted !== undefined || this.#unknown('it leaves out files by rules that are not known')
    return this.#all([isComplete, await this.#contentsHold(place, toHash), ...(await this.#codeHolds(place, nested))])
  }

  #addedFile(place: BundlePlace, { files, mayBeUnlisted }: CodeResources, nested: readonly SealedFile[]) {
    if (mayBeUnlisted === undefined) return undefined
    const listed = new Set(files.map(({ path }) => path))
    const code = new Set<string>()
    for (const { path } of nested) if (this.#archive.files.get(place.base + path) === undefined) code.add(path)
    for (const name of this.#archive.files.below(place.base)) {
      const path = name.slice(place.base.length)
      if (listed.has(path) || path === place.executable || mayBeUnlisted(path) || this.#isUnsealed(path, name)) continue
      if (!liesIn(code, path)) return name
    }
    return undefined
  }

  #isUnsealed(path: string, name: string): boolean {
    if (UNSEALED.some((start) => (start.endsWith('/') ? path.startsWith(start) : path === start))) return true
    // Written empty where the signature lies in the program.
    if (path === '_CodeSignature/CodeSignature') return this.#archive.files.get(name)?.sizeBytes === 0
    return this.#family === 'ipa' && UNSEALED_ON_IOS.some((start) => path.startsWith(start))
  }

  #strayFile(place: BundlePlace): Promise<string | undefined> {
    const isOfMac = place.depth === 0 && this.#family === 'app'
    const root = place.root ?? (isOfMac ? place.base.slice(0, -'Contents/'.length) : place.base)
    return strayFile(this.#archive.files, { root, base: place.base }, (link) => this.#linkTarget(link))
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
        verdicts.push(this.#unknown(TOO_MANY))
        break
      }
      const name = place.base + path
      if (!this.#has(name)) {
        if (isOptional) continue
        verdicts.push(this.#differs(`The program ${quote(name)}, which was signed, is missing`))
        break
      }
      verdicts.push(await this.#nestedHolds(name, seal.kind === 'code' ? seal.codeHashes : NONE, place.depth + 1))
      if (verdicts.at(-1) === false) break
    }
    return verdicts
  }

  async #nestedHolds(name: string, sealed: ReadonlySet<string>, depth: number): Promise<boolean | undefined> {
    const entry = this.#archive.files.get(name)
    if (entry !== undefined && isSymlink(entry)) return this.#differs(`The program ${quote(name)} became a link`)
    const place = entry === undefined ? await this.#nestedPlace(name, depth) : undefined
    const found = await this.#codeOf(name, place)
    // Scripts and bundles without a program have their signature elsewhere.
    if (found === undefined) return this.#unknown(`the signature of ${quote(name)} was not read`)
    if (found.holds === false) return this.#differs(`The program ${quote(name)} is not what was signed`)
    const known = found.slices.filter(({ codeHashes }) => codeHashes.some((hash) => sealed.has(hash)))
    // Systems go by the requirement beside the hash, which another signature of the same team also meets.
    if (known.length === 0) return this.#unknown(`the program ${quote(name)} was signed again after it`)
    // The seal has the hash of one slice: whoever made that one made the others too.
    if (!areOf(known, found.slices))
      return this.#unknown(`the program ${quote(name)} has code for another CPU that the same signer did not sign`)
    if (found.holds === undefined) return this.#unknown(`the signature of ${quote(name)} could not be verified`)
    return place === undefined ? true : this.#versionsHold(place, known)
  }

  /** Programs may load any version of a framework, and its signature covers one. */
  async #versionsHold(current: BundlePlace, signers: readonly SliceIdentity[]): Promise<boolean | undefined> {
    for (const base of otherVersions(this.#archive.files, { root: current.root ?? current.base, base: current.base })) {
      this.#archive.budget.tick()
      if (++this.#nested > MAX_NESTED_CODE) return this.#unknown(TOO_MANY)
      const place = await this.#versionPlace(current.root!, base, current.depth)
      // What lies beside the versions belongs to the current one.
      const found = place && (await this.#codeOf(base, { ...place, root: base }))
      if (place === undefined || found?.holds === false)
        return this.#differs(`The version ${quote(base)} is not what was signed`)
      if (found?.holds !== true || !areOf(signers, found.slices))
        return this.#unknown(`the version ${quote(base)} could not be verified or is signed by somebody else`)
    }
    return true
  }

  #has(name: string): boolean {
    const { files } = this.#archive
    return files.get(name) !== undefined || !files.below(`${name}/`).next().done
  }

  async #codeOf(name: string, place: BundlePlace | undefined) {
    const { files, budget, limits } = this.#archive
    const entry = files.get(place === undefined ? name : place.base + place.executable)
    const program = entry && (await openBundleProgram(this.#archive, entry))
    if (program?.code === undefined) return undefined
    return readProgramSignature(program.code, program.slices, {
      family: this.#family,
      what: `The program ${quote(name)}`,
      budget,
      limits,
      overCode: program.overCode,
      ...(place === undefined ? {} : { bundle: await this.signedBundle(place) }),
    })
  }

  /** Where the contents of a bundle lie: in a version of a framework, in `Contents`, or in the bundle itself. */
  async #nestedPlace(name: string, depth: number): Promise<BundlePlace | undefined> {
    const { files } = this.#archive
    const root = `${name}/`
    const version = await this.#linkTarget(files.get(`${root}Versions/Current`))
    return (
      (version === undefined || !/^[^/]{1,100}$/.test(version)
        ? undefined
        : await this.#versionPlace(root, `${root}Versions/${version}/`, depth)) ??
      (await this.#placeAt({ root, base: `${root}Contents/`, info: 'Info.plist', folder: 'MacOS/', depth })) ??
      (await this.#placeAt({ root, base: root, info: 'Info.plist', folder: '', depth }))
    )
  }

  #versionPlace(root: string, base: string, depth: number): Promise<BundlePlace | undefined> {
    return this.#placeAt({ root, base, info: 'Resources/Info.plist', folder: '', depth })
  }

  async #placeAt({ root, base, info, folder, depth }: Layout): Promise<BundlePlace | undefined> {
    const entry = this.#archive.files.get(base + info)
    const infoPlist = entry && (await this.#list(entry))
    if (infoPlist === undefined) return undefined
    const own = root.slice(root.lastIndexOf('/', root.length - 2) + 1, -1).replace(/\.[^.]{1,20}$/, '')
    return { root, base, executable: folder + (executableOf(infoPlist) ?? own), infoPlist, depth }
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
    this.#add(
      'warning',
      'resources_not_verified',
      `The files of the application were not all held against it: ${reason}`,
    )
    return undefined
  }

  #add(level: Check['level'], code: string, words: string): void {
    const check = finding(level, `${this.#family}.${code}`, words)
    if (!this.checks.some((other) => other.code === check.code)) this.checks.push(check)
  }
}

/** Whether each slice is one of the known ones, or the same program by the holder of the same certificate. */
function areOf(known: readonly SliceIdentity[], slices: readonly SliceIdentity[]): boolean {
  return slices.every((slice) =>
    known.some(
      ({ certificate, identifier, codeHashes }) =>
        slice.codeHashes.some((hash) => codeHashes.includes(hash)) ||
        (slice.identifier === identifier &&
          slice.certificate !== undefined &&
          certificate !== undefined &&
          isSame(slice.certificate.der, certificate.der)),
    ),
  )
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
