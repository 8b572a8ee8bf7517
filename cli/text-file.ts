import { readFile, stat } from 'node:fs/promises'
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
    if (size > maxBytes) throw new RangeError(`it is larger than ${maxBytes} bytes`)
    bytes = await readFile(path)
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
