import type { ByteSource } from '../../bytes/byte-source.ts'
import { type CodeDirectory, type CodeSignature, createCodeHash } from './code-signature.ts'

/** Kernels take pages of 4 and 16 KiB; many small ones would take long to hash. */
const MIN_PAGE_BYTES = 4096
/** How much is read at once. */
const STEP_BYTES = 1 << 20

/**
 * Whether the code hashes of every directory are those of the bytes: all `codeBytes` bytes from `start` on. Undefined
 * when a directory hashes in a way that we do not know.
 *
 * Reads them once, in order, and watches no clock: a large program takes its time. @throws RangeError when cut off
 */
export async function matchesCodeHashes(
  source: ByteSource,
  start: number,
  codeBytes: number,
  directories: readonly CodeDirectory[],
): Promise<boolean | undefined> {
  const checkers: PageChecker[] = []
  for (const directory of directories) {
    if (createCodeHash(directory.hashType) === undefined) return undefined
    if (directory.pageBytes !== 0 && directory.pageBytes < MIN_PAGE_BYTES) return undefined
    const slots = directory.pageBytes === 0 ? 1 : Math.ceil(directory.codeLimit / directory.pageBytes)
    if (directory.codeLimit !== codeBytes || directory.codeSlots !== slots) return false
    checkers.push(new PageChecker(directory))
  }
  for (let at = 0; at < codeBytes; at += STEP_BYTES) {
    const bytes = await source.read(start + at, Math.min(STEP_BYTES, codeBytes - at))
    for (const checker of checkers) if (!checker.matches(bytes)) return false
  }
  return checkers.every((checker) => checker.matchesEnd())
}

/** Holds the code hashes of one directory against bytes that come in order. */
class PageChecker {
  readonly #directory: CodeDirectory
  #hash: ReturnType<typeof createCodeHash>
  #hashed = 0
  #slot = 0

  constructor(directory: CodeDirectory) {
    this.#directory = directory
  }

  matches(bytes: Uint8Array): boolean {
    const { pageBytes, hashType } = this.#directory
    for (let at = 0; at < bytes.byteLength; ) {
      this.#hash ??= createCodeHash(hashType)
      const room = pageBytes === 0 ? bytes.byteLength : pageBytes - this.#hashed
      const part = bytes.subarray(at, at + room)
      this.#hash?.update(part)
      this.#hashed += part.byteLength
      at += part.byteLength
      if (this.#hashed === pageBytes && !this.#endPage()) return false
    }
    return true
  }

  /** The last page may be short. */
  matchesEnd(): boolean {
    return (this.#hash === undefined || this.#endPage()) && this.#slot === this.#directory.codeSlots
  }

  #endPage(): boolean {
    const { bytes, hashOffset, hashBytes } = this.#directory
    const start = hashOffset + this.#slot * hashBytes
    const digest = this.#hash?.digest()
    this.#hash = undefined
    this.#hashed = 0
    this.#slot++
    return digest !== undefined && isSame(bytes.subarray(start, start + hashBytes), digest)
  }
}

/**
 * Whether the special hash of `slot` is that of `bytes`: 1 `Info.plist`, 2 requirements, 3 `CodeResources`,
 * 5 entitlements, 7 entitlements as DER. Undefined when a hash type is unknown.
 */
export function matchesSpecialHash(directory: CodeDirectory, slot: number, bytes: Uint8Array): boolean | undefined {
  const hash = createCodeHash(directory.hashType)
  if (hash === undefined) return undefined
  if (slot > directory.specialSlots) return false
  hash.update(bytes)
  return isSame(specialHash(directory, slot), hash.digest())
}

/** Whether the directory speaks of `slot`; zeros stand for nothing. */
export function hasSpecialHash(directory: CodeDirectory, slot: number): boolean {
  return slot <= directory.specialSlots && specialHash(directory, slot).some((byte) => byte !== 0)
}

function specialHash(directory: CodeDirectory, slot: number): Uint8Array {
  const start = directory.hashOffset - slot * directory.hashBytes
  return directory.bytes.subarray(start, start + directory.hashBytes)
}

/** Parts of the signature itself that a directory must cover. */
const COVERED_SLOTS = [2, 5, 7]

/** Whether every directory covers requirements and entitlements as they are; undefined when a hash type is unknown. */
export function coversBlobs(signature: CodeSignature): boolean | undefined {
  for (const directory of signature.directories) {
    for (const slot of COVERED_SLOTS) {
      const blob = signature.blobs.get(slot)
      const matches = blob === undefined ? true : matchesSpecialHash(directory, slot, blob)
      if (matches !== true) return matches
    }
  }
  return true
}

/** A type may keep less than the whole digest. */
function isSame(expected: Uint8Array, digest: Uint8Array): boolean {
  return expected.byteLength <= digest.byteLength && expected.every((byte, i) => digest[i] === byte)
}
