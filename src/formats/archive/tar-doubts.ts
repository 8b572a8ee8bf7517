import { decodeLatin1 } from '../decode-text.ts'

/**
 * Where readers of tar part ways: behind such a header another reader goes on at another place, or calls the member
 * something else. Compared are this reader, which goes with GNU tar and libarchive, and node-tar 7.5, which npm unpacks
 * with: it passes over a header that it does not like and takes what follows for the next one. What common writers
 * write is none of these.
 *
 * Each is told as the end of a sentence about the member.
 */

const ZERO_DIGIT = 0x30
const SPACE = 0x20
const USTAR = new TextEncoder().encode('ustar')
const LINE_END = 0x0a

/**
 * @param sizeBytes what follows by the header, or by a PAX record
 * @param sum of all bytes without sign, the checksum taken for spaces
 */
export function doubtOfHeader(header: Uint8Array, type: string, sizeBytes: number, sum: number): string | undefined {
  const hasTarget = header[157] !== 0
  if (header[0] === 0) return 'has no name in its header'
  if (type === '1' || type === '2') {
    if (!hasTarget) return 'is a link without a target in its header'
  } else if (hasTarget && type !== 'x' && type !== 'g') return 'has the target of a link and is none'
  if (sizeBytes > 0 && '12346'.includes(type)) return 'has a size, and only files have contents'
  if (type === 'N') return 'is a long name in the way of old GNU tar'
  return doubtOfPrefix(header) ?? doubtOfCheckSum(header, sum)
}

/** Whether the header says that it is of POSIX; what follows the five letters tells which. */
export function isUstar(header: Uint8Array): boolean {
  for (let i = 0; i < USTAR.length; i++) if (header[257 + i] !== USTAR[i]) return false
  return true
}

/** node-tar has a prefix with exactly this mark, and takes the last byte of the field as a sign that there is one. */
function doubtOfPrefix(header: Uint8Array): string | undefined {
  if (!isUstar(header) || header[262] === SPACE) return undefined
  const isExact = header[262] === 0 && header[263] === ZERO_DIGIT && header[264] === ZERO_DIGIT
  const isMeant = header[345] !== 0
  const isTaken = isExact && (isMeant || header[475] !== 0)
  return isMeant === isTaken ? undefined : 'has a name of two parts that not all readers put together'
}

/** node-tar sums bytes without sign only, and reads on where no NUL or space ends the field. */
function doubtOfCheckSum(header: Uint8Array, sum: number): string | undefined {
  let at = 148
  while (at < 156 && header[at] === SPACE) at++
  let stored = 0
  for (; at < 156 && header[at]! >= ZERO_DIGIT && header[at]! < ZERO_DIGIT + 8; at++)
    stored = stored * 8 + header[at]! - ZERO_DIGIT
  const isEnded = at < 156 && (header[at] === 0 || header[at] === SPACE)
  return isEnded && stored === sum ? undefined : 'has a checksum that not all readers take'
}

/**
 * The same for records of PAX. node-tar reads lines, by whatever record they are part of.
 *
 * @param start of one record, at its length; `end` behind its line end
 */
export function doubtOfRecord(data: Uint8Array, start: number, end: number): string | undefined {
  if (data[start] === ZERO_DIGIT) return 'has a PAX record whose length begins with 0'
  if (data.indexOf(LINE_END, start) >= end - 1) return undefined
  return /\n\d+ (?:path|size)=/.test(decodeLatin1(data.subarray(start, end)))
    ? 'has a PAX record inside of another one'
    : undefined
}
