import { open, stat } from 'node:fs/promises'
import { decodeUtf8 } from '../src/bytes/utf8.ts'
import { DistError } from '../src/errors.ts'
import { systemReason } from './system-error.ts'

const HINTS = {
  'manifest.unreadable': 'Pass its path with --manifest, or write one with "dist init"',
  'state.unreadable': 'Pass its path with --state, or write one with "dist ci plan"',
} as const

/** A text file as it is. @throws DistError `code` when it is absent, too large or not UTF-8 */
export async function readText(
  path: string,
  maxBytes: number,
  code: keyof typeof HINTS | 'manifest.file_missing' | 'file.unreadable',
): Promise<string> {
  let bytes: Uint8Array
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) throw new RangeError('it is a folder')
    const { size } = stats
    if (size > maxBytes) throw tooLarge(maxBytes)
    bytes = await readUpTo(path, maxBytes)
  } catch (cause) {
    const hint = Object.hasOwn(HINTS, code) ? HINTS[code as keyof typeof HINTS] : undefined
    throw new DistError(code, `Cannot read "${path}": ${systemReason(cause)}`, {
      cause,
      ...(hint === undefined ? {} : { hint }),
    })
  }
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw new DistError(code, `Cannot read "${path}": it is not valid UTF-8`, { cause })
  }
}

/** A device or a pipe says that it is empty, and goes on for ever. */
async function readUpTo(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const pieces: Uint8Array[] = []
    for (let length = 0; ; ) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, null)
      if (bytesRead === 0) return Buffer.concat(pieces)
      length += bytesRead
      if (length > maxBytes) throw tooLarge(maxBytes)
      pieces.push(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

const PIECE_BYTES = 1 << 16

function tooLarge(maxBytes: number): RangeError {
  return new RangeError(`it is larger than ${maxBytes} bytes`)
}
