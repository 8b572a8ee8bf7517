import type { ByteSource } from '../../bytes/byte-source.ts'
import type { ZipDirectory } from '../archive/zip.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { FieldReader } from './length-prefixed.ts'

/**
 * The APK Signing Block, which lies between the entries of an APK and its central directory (AOSP, "APK Signature
 * Scheme v2", "v3" and "v3.1"). Read are the fields; nothing is verified here.
 */
export interface SigningBlock {
  /** Where it starts, from the start of the file: the end of what content digests call the entries. */
  readonly offset: number
  /** Values by identifier; of several with one identifier the first, as Android takes it. */
  readonly values: ReadonlyMap<number, Uint8Array>
}

export const V2_BLOCK = 0x7109871a
export const V3_BLOCK = 0xf05368c0
export const V31_BLOCK = 0x1b93ad61

const MAGIC = 'APK Sig Block 42'
/** Real ones have some KiB, with the padding of verity; Android maps them into memory. */
const MAX_BLOCK_BYTES = 4 << 20
const MAX_VALUES = 1000

/** Undefined when there is none. @throws FormatError, FormatLimitError, RangeError */
export async function readSigningBlock(
  source: ByteSource,
  directory: Pick<ZipDirectory, 'directoryOffset'>,
): Promise<SigningBlock | undefined> {
  const end = directory.directoryOffset
  if (end < 32) return undefined
  const footer = await source.read(end - 24, 24)
  if (new TextDecoder('latin1').decode(footer.subarray(8)) !== MAGIC) return undefined
  const declared = new DataView(footer.buffer, footer.byteOffset, 8).getBigUint64(0, true)
  if (declared < 24n || declared + 8n > BigInt(end))
    throw new FormatError('Cannot read APK Signing Block: its size is wrong', { offset: end })
  if (declared > BigInt(MAX_BLOCK_BYTES))
    throw new FormatLimitError(`Cannot read APK Signing Block: it is larger than ${MAX_BLOCK_BYTES} bytes`)
  const size = Number(declared)
  const offset = end - size - 8
  const block = await source.read(offset, size - 16)
  if (new DataView(block.buffer, block.byteOffset, 8).getBigUint64(0, true) !== declared)
    throw new FormatError('Cannot read APK Signing Block: its two sizes differ', { offset })
  const values = new Map<number, Uint8Array>()
  const pairs = new FieldReader(block.subarray(8))
  for (let count = 0; pairs.left > 0; count++) {
    if (count === MAX_VALUES) throw new FormatError('Cannot read APK Signing Block: it has too many values', { offset })
    const pair = new FieldReader(pairs.longSlice())
    const id = pair.uint32()
    if (!values.has(id)) values.set(id, pair.rest())
  }
  return { offset, values }
}

/** A signature or a digest with the number of its algorithm. */
export interface AlgorithmValue {
  readonly algorithm: number
  readonly value: Uint8Array
}

/** One signer of scheme v2, v3 or v3.1. */
export interface ApkSigner {
  /** What the signatures are over. */
  readonly signedData: Uint8Array
  readonly digests: readonly AlgorithmValue[]
  /** DER; the first one is the signer's. */
  readonly certificates: readonly Uint8Array[]
  /** Android versions that go by this signer, as API levels; undefined for v2. */
  readonly sdk: { readonly min: number; readonly max: number } | undefined
  readonly attributes: ReadonlyMap<number, Uint8Array>
  readonly signatures: readonly AlgorithmValue[]
  /** `SubjectPublicKeyInfo` in DER. */
  readonly publicKey: Uint8Array
}

/** Android refuses more than ten signers; lists within one are as short. */
const MAX_SIGNERS = 10
const MAX_LIST = 64
/** Keys are rotated every some years; each is verified. */
const MAX_LINEAGE = 16

/** @param withSdk for v3 and v3.1 @throws FormatError, RangeError when cut off */
export function parseApkSigners(value: Uint8Array, withSdk: boolean): ApkSigner[] {
  return new FieldReader(new FieldReader(value).slice()).slices(MAX_SIGNERS).map((bytes) => {
    const signer = new FieldReader(bytes)
    const signedData = signer.slice()
    const outer = withSdk ? { min: signer.uint32(), max: signer.uint32() } : undefined
    const signatures = algorithmValues(signer.slice())
    const publicKey = signer.slice()
    const data = new FieldReader(signedData)
    const digests = algorithmValues(data.slice())
    const certificates = new FieldReader(data.slice()).slices(MAX_LIST)
    const sdk = withSdk ? { min: data.uint32(), max: data.uint32() } : undefined
    if (outer !== undefined && (outer.min !== sdk?.min || outer.max !== sdk.max))
      throw new FormatError('Cannot read APK signer: it names two ranges of Android versions')
    const attributes = new Map<number, Uint8Array>()
    for (const attribute of new FieldReader(data.slice()).slices(MAX_LIST)) {
      const fields = new FieldReader(attribute)
      const id = fields.uint32()
      if (!attributes.has(id)) attributes.set(id, fields.rest())
    }
    return { signedData, digests, certificates, sdk, attributes, signatures, publicKey }
  })
}

function algorithmValues(list: Uint8Array): AlgorithmValue[] {
  return new FieldReader(list).slices(MAX_LIST).map((bytes) => {
    const fields = new FieldReader(bytes)
    return { algorithm: fields.uint32(), value: fields.slice() }
  })
}

export const STRIPPING_PROTECTION = 0xbeeff00d
export const PROOF_OF_ROTATION = 0x3ba06f8c
/** Of a v3 signer: from which Android version on a v3.1 signer stands for it. Such a signer has to be there. */
export const ROTATION_MIN_SDK = 0x559f8b02

/** One certificate in a proof of rotation, signed by the one before it. */
export interface LineageNode {
  /** What the certificate before it signed. */
  readonly signedData: Uint8Array
  /** DER. */
  readonly certificate: Uint8Array
  /** With which the certificate before it signed, as the signed data has it; of the first node, nothing. */
  readonly signedWith: number
  /** With which this certificate signs the next one. */
  readonly algorithm: number
  readonly signature: Uint8Array
}

/** The value of {@link PROOF_OF_ROTATION}, oldest certificate first. @throws FormatError, RangeError when cut off */
export function parseLineage(value: Uint8Array): LineageNode[] {
  const fields = new FieldReader(value)
  if (fields.uint32() !== 1) throw new FormatError('Cannot read proof of rotation: its version is unknown')
  return fields.slices(MAX_LINEAGE).map((bytes) => {
    const node = new FieldReader(bytes)
    const signedData = node.slice()
    // Flags: what the older certificate may still do on a device.
    node.uint32()
    const algorithm = node.uint32()
    const signature = node.slice()
    const data = new FieldReader(signedData)
    return { signedData, certificate: data.slice(), signedWith: data.uint32(), algorithm, signature }
  })
}
