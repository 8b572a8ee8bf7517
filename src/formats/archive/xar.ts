import type { ByteSource } from '../../bytes/byte-source.ts'
import { fromBase64 } from '../../bytes/encoding.ts'
import type { Budget } from '../budget.ts'
import { attribute, child, children, childText, MAX_XML_BYTES, parseXml, type XmlElement } from '../document/xml.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import type { HashName } from '../signatures/verify-signature.ts'
import { inflate } from './inflate.ts'

/**
 * An archive in the format xar, as installer packages of macOS are: a header, a table of contents as packed XML, and
 * the "heap" with all data. The table names the place of its own checksum in the heap, and signatures over that.
 */
export interface Xar {
  /** The table as it is packed: what the checksum is of. */
  readonly packedTable: Uint8Array
  /** Of the heap, from the start of the file. */
  readonly heapOffset: number
  /** Where the table's own checksum is; undefined when it says none. */
  readonly checksum: (XarPlace & { readonly style: string }) | undefined
  readonly files: readonly XarFile[]
  /** Extended attributes of files, which lie in the heap like files; named by file and attribute. */
  readonly attributes: readonly XarFile[]
  readonly signatures: readonly XarSignature[]
}

/** A part of the heap. */
export interface XarPlace {
  /** From the start of the heap. */
  readonly offset: number
  readonly sizeBytes: number
}

export interface XarFile extends XarPlace {
  /** With `/` between folders. */
  readonly path: string
  readonly unpackedBytes: number
  /** Media type: `application/x-gzip` (which is zlib's frame), `application/octet-stream`, … */
  readonly encoding: string
  /** Of the bytes in the heap, e.g. `sha1` and lower-case hex; undefined when none is given. */
  readonly checksum: { readonly style: string; readonly hex: string } | undefined
}

export interface XarSignature extends XarPlace {
  /** `RSA`: of PKCS #1 v1.5 over the checksum; `CMS`. */
  readonly style: string
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[]
}

const MAGIC = 0x78617221
/** Folders within folders; packages have two. */
const MAX_DEPTH = 32
const MAX_FILES = 20_000
/** Of the table; Apple's have some KiB. */
const MAX_PACKED_TABLE_BYTES = MAX_XML_BYTES
const MAX_SIGNATURES = 4
const MAX_CERTIFICATES = 10

/** Reads header and table of contents. @throws FormatError, FormatLimitError, RangeError when cut off */
export async function readXar(source: ByteSource, budget: Budget): Promise<Xar> {
  const head = await source.read(0, 28)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const headerBytes = view.getUint16(4)
  const packedBytes = Number(view.getBigUint64(8))
  const tableBytes = Number(view.getBigUint64(16))
  if (view.getUint32(0) !== MAGIC || headerBytes < 28) throw new FormatError('Cannot read xar: its header is damaged')
  if (packedBytes > MAX_PACKED_TABLE_BYTES || tableBytes > MAX_XML_BYTES)
    throw new FormatLimitError(`Cannot read xar: its table of contents is larger than ${MAX_XML_BYTES} bytes`)
  const packedTable = await source.read(headerBytes, packedBytes)
  const table = await inflate(packedTable, 'deflate', tableBytes, budget, 'table of contents')
  if (table.byteLength !== tableBytes) throw new FormatError('Cannot read xar: its table of contents is cut off')
  const toc = child(parseXml(table, 'table of contents'), 'toc')
  if (toc === undefined) throw new FormatError('Cannot read xar: it has no table of contents')
  const heapOffset = headerBytes + packedBytes
  const heapBytes = source.sizeBytes - heapOffset
  const checksum = child(toc, 'checksum')
  return {
    packedTable,
    heapOffset,
    checksum: checksum && { ...placeOf(checksum, 'size', heapBytes), style: attribute(checksum, 'style') ?? '' },
    ...filesIn(toc, heapBytes, budget),
    signatures: [...children(toc, 'signature'), ...children(toc, 'x-signature')]
      .slice(0, MAX_SIGNATURES)
      .map((element) => signatureOf(element, heapBytes)),
  }
}

function numberIn(element: XmlElement, name: string): number {
  const text = childText(element, name) ?? ''
  if (!/^\d{1,15}$/.test(text)) throw new FormatError(`Cannot read xar: ${name} is not a number`)
  return Number(text)
}

function placeOf(element: XmlElement, size: string, heapBytes: number): XarPlace {
  const offset = numberIn(element, 'offset')
  const sizeBytes = numberIn(element, size)
  if (offset + sizeBytes > heapBytes) throw new FormatError('Cannot read xar: a part lies outside of the file')
  return { offset, sizeBytes }
}

function filesIn(
  toc: XmlElement,
  heapBytes: number,
  budget: Budget,
): { readonly files: readonly XarFile[]; readonly attributes: readonly XarFile[] } {
  const files: XarFile[] = []
  const attributes: XarFile[] = []
  const open: { element: XmlElement; folder: string; depth: number }[] = [{ element: toc, folder: '', depth: 0 }]
  let seen = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const element of children(next.element, 'file')) {
      if (++seen > MAX_FILES || next.depth >= MAX_DEPTH)
        throw new FormatLimitError('Cannot read xar: it has too many files or folders')
      budget.entries(1)
      const path = `${next.folder}${childText(element, 'name') ?? ''}`
      const data = child(element, 'data')
      if (data !== undefined) files.push(fileOf(path, data, heapBytes))
      for (const attribute of children(element, 'ea')) {
        budget.entries(1)
        // Other versions of xar write other things into it; only those with a place have one.
        if (child(attribute, 'offset') !== undefined)
          attributes.push(fileOf(`${path}/${childText(attribute, 'name') ?? ''}`, attribute, heapBytes))
      }
      open.push({ element, folder: `${path}/`, depth: next.depth + 1 })
    }
  }
  return { files, attributes }
}

function fileOf(path: string, data: XmlElement, heapBytes: number): XarFile {
  const checksum = child(data, 'archived-checksum')
  return {
    path,
    ...placeOf(data, 'length', heapBytes),
    unpackedBytes: numberIn(data, 'size'),
    encoding: attribute(child(data, 'encoding'), 'style') ?? 'application/octet-stream',
    checksum: checksum && {
      style: (attribute(checksum, 'style') ?? '').toLowerCase(),
      hex: checksum.text.trim().toLowerCase(),
    },
  }
}

function signatureOf(element: XmlElement, heapBytes: number): XarSignature {
  const certificates = children(child(child(element, 'KeyInfo'), 'X509Data'), 'X509Certificate')
  return {
    ...placeOf(element, 'size', heapBytes),
    style: attribute(element, 'style') ?? '',
    certificates: certificates.slice(0, MAX_CERTIFICATES).flatMap(({ text }) => {
      try {
        return [fromBase64(text.replaceAll(/\s/g, ''))]
      } catch (error) {
        if (error instanceof SyntaxError) return []
        throw error
      }
    }),
  }
}

/** The bytes of a place in the heap. @throws FormatLimitError above `maxBytes`, RangeError when cut off */
export async function readXarPlace(
  source: ByteSource,
  xar: Xar,
  place: XarPlace,
  maxBytes: number,
): Promise<Uint8Array> {
  if (place.sizeBytes > maxBytes) throw new FormatLimitError(`Cannot read xar: a part is larger than ${maxBytes} bytes`)
  return source.read(xar.heapOffset + place.offset, place.sizeBytes)
}

/**
 * Unpacks what {@link readXarPlace} gave of a file.
 *
 * @throws FormatError for encodings other than zlib and none, FormatLimitError above `maxBytes`
 */
export async function unpackXarFile(
  packed: Uint8Array,
  file: XarFile,
  maxBytes: number,
  budget: Budget,
): Promise<Uint8Array> {
  if (file.unpackedBytes > maxBytes)
    throw new FormatLimitError(`Cannot read xar: a file is larger than ${maxBytes} bytes`)
  if (file.encoding === 'application/octet-stream') return packed
  if (file.encoding !== 'application/x-gzip') throw new FormatError('Cannot read xar: a file has an unknown encoding')
  return inflate(packed, 'deflate', file.unpackedBytes, budget, 'file')
}

const HASHES: Readonly<Record<string, HashName>> = {
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
}

/** What a `style` of a checksum means; undefined for one that is not verified here, such as MD5. */
export function xarHash(style: string): HashName | undefined {
  return HASHES[style.toLowerCase()]
}
