import type { ByteSource } from '../../bytes/byte-source.ts'
import type { CompoundEntry, CompoundFile } from '../archive/cfb.ts'
import { createHash, type IncrementalHash } from '../file-hash.ts'
import { FormatError } from '../format-error.ts'
import type { HashName } from '../signatures/verify-signature.ts'

/** Streams of the root that hold the signature, and the digest of names and times when the signature covers these too. */
export const MSI_SIGNATURE = '\u0005DigitalSignature'
export const MSI_SIGNATURE_EX = '\u0005MsiDigitalSignatureEx'

/** By one hash. */
export interface MsiDigest {
  /** What a signature names: over the streams, and before them over {@link metadata} where the package has it. */
  readonly digest: Uint8Array
  /** Over names, sizes and times of the streams. */
  readonly metadata: Uint8Array
}

/**
 * The Authenticode digests of a Windows Installer package by several hashes at once. There is no specification; this is
 * what Windows, and after it osslsigncode (`msi.c`), computes: all streams in the order of their names as bytes, without
 * those of the signature, and behind each storage its class.
 *
 * Reads each stream once from `source`, and watches no clock of its own. @throws FormatError, RangeError
 */
export async function msiDigests(
  file: CompoundFile,
  source: ByteSource,
  names: readonly HashName[],
): Promise<ReadonlyMap<HashName, MsiDigest>> {
  const hasMetadata = signatureStream(file, MSI_SIGNATURE_EX) !== undefined
  const order = inOrder(file.root, true)
  const total = order.reduce((sum, { entry }) => sum + (entry.kind === 'stream' ? entry.sizeBytes : 0), 0)
  // Streams that share sectors would make us read without end.
  if (total > source.sizeBytes) throw new FormatError('Cannot read compound file: its streams overlap')
  const hashes = [...new Set(names)].map((name) => {
    const metadata = createHash(name)
    for (const { entry, isEnd } of order) if (!isEnd) addMetadata(metadata, entry)
    const metadataDigest = metadata.digest()
    const content = createHash(name)
    if (hasMetadata) content.update(metadataDigest)
    return { name, metadataDigest, content }
  })
  for (const { entry, isEnd } of order) {
    if (isEnd) for (const { content } of hashes) content.update(entry.classId)
    if (entry.kind !== 'stream') continue
    for await (const { offset, length } of file.pieces(entry)) {
      const bytes = await source.read(offset, length)
      for (const { content } of hashes) content.update(bytes)
    }
  }
  return new Map(
    hashes.map(({ name, metadataDigest, content }) => [name, { digest: content.digest(), metadata: metadataDigest }]),
  )
}

export function signatureStream(file: CompoundFile, name: string): CompoundEntry | undefined {
  return file.root.children.find((entry) => entry.kind === 'stream' && entry.name === name)
}

interface Step {
  readonly entry: CompoundEntry
  /** Storages come before and after what is in them. */
  readonly isEnd: boolean
}

/** Nesting is limited by the reader of the container. */
function inOrder(storage: CompoundEntry, isRoot: boolean): Step[] {
  const children = storage.children
    .filter(({ name }) => !isRoot || (name !== MSI_SIGNATURE && name !== MSI_SIGNATURE_EX))
    .sort((a, b) => compareBytes(a.nameBytes, b.nameBytes))
  return [
    { entry: storage, isEnd: false },
    ...children.flatMap((entry) => (entry.kind === 'storage' ? inOrder(entry, false) : [{ entry, isEnd: false }])),
    { entry: storage, isEnd: true },
  ]
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.byteLength, b.byteLength)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.byteLength - b.byteLength
}

function addMetadata(hash: IncrementalHash, entry: CompoundEntry): void {
  if (entry.kind !== 'root') hash.update(entry.nameBytes)
  if (entry.kind === 'stream') {
    const size = new Uint8Array(4)
    new DataView(size.buffer).setUint32(0, entry.sizeBytes, true)
    hash.update(size)
  } else hash.update(entry.classId)
  hash.update(entry.stateBits)
  if (entry.kind !== 'root') hash.update(entry.times)
}
