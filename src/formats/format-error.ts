/**
 * The bytes are not well-formed in the format that a reader of this folder was asked to read.
 *
 * Readers also let {@link RangeError} pass: reading beyond the end means that the bytes are cut off.
 */
export class FormatError extends SyntaxError {
  override readonly name: string = 'FormatError'
  /** Bytes from the start of what was read, where known. */
  readonly offset: number | undefined
  constructor(message: string, options: { offset?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.offset = options.offset
  }
}

/** The bytes may be well-formed, but reading on would take more memory, output or time than the caller allows. */
export class FormatLimitError extends FormatError {
  override readonly name: string = 'FormatLimitError'
}

/**
 * Whether what a reader threw is about the bytes, damage or a limit. Anything else, such as an error of the disk, is for
 * somebody else and must pass.
 */
export function isAboutBytes(error: unknown): error is FormatError | RangeError {
  return error instanceof FormatError || error instanceof RangeError
}

/** Whether the bytes are damaged or cut off, and no limit was passed, which would end the whole inspection. */
export function isDamage(error: unknown): error is FormatError | RangeError {
  return isAboutBytes(error) && !(error instanceof FormatLimitError)
}
