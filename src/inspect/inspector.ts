import type { ByteSource } from '../bytes/byte-source.ts'
import type { InspectionReport } from '../model/inspection.ts'
import type { Format } from '../model/platform.ts'

/** Bounds of one inspection; every reader below an inspector obeys them. */
export interface InspectLimits {
  /** Bytes read from the source, all reads together. */
  readonly maxReadBytes: number
  /** Bytes that decompression may produce, all members together. */
  readonly maxInflatedBytes: number
  /** Members of an archive. */
  readonly maxEntries: number
  /** Milliseconds of wall clock; a pass over the whole file for its signature comes on top. */
  readonly maxMs: number
  /** Epoch milliseconds against which dates in the bytes are judged; the present when absent. */
  readonly now?: number
}

/** Far above what real artifacts need, far below what would hurt a small server. */
export const DEFAULT_LIMITS: InspectLimits = {
  maxReadBytes: 256 << 20,
  maxInflatedBytes: 256 << 20,
  maxEntries: 200_000,
  maxMs: 10_000,
}

/** The bytes are not what they claim to be, or are damaged at `offset` (bytes from the start, where known). */
export class InspectionError extends SyntaxError {
  override readonly name: string = 'InspectionError'
  readonly format: Format
  readonly offset: number | undefined
  constructor(format: Format, message: string, options: { offset?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.format = format
    this.offset = options.offset
  }
}

/** Reading on would exceed a limit of {@link InspectLimits}: a bomb, or a file beyond what we promise to read. */
export class InspectionLimitError extends InspectionError {
  override readonly name: string = 'InspectionLimitError'
}

/** The bytes of an artifact. `read` counts against `maxReadBytes`. */
export interface ArtifactSource extends ByteSource {
  /**
   * The same bytes for a pass that hashes all of them, as verifying a signature needs: reads of at most 1 MiB, in
   * order, each byte about once. Bounded by the file's own size instead of `maxReadBytes` and `maxMs`.
   */
  readonly pass?: ByteSource
}

/** Recognises and reads one family of artifact formats. Ends within `limits` on any input. */
export interface Inspector {
  readonly name: string
  /** What a file is called that this inspector recognised and could not read. */
  readonly format: Format
  /**
   * Whether this inspector is meant, from content. Never throws for hostile bytes.
   * @param head first 4096 bytes or fewer
   */
  sniff(head: Uint8Array, source: ByteSource): Promise<boolean>
  /** @throws InspectionError, InspectionLimitError, RangeError */
  inspect(source: ArtifactSource, limits: InspectLimits): Promise<InspectionReport>
}
