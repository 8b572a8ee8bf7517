import type { ByteSource } from '../../bytes/byte-source.ts'
import { decodeUtf8 } from '../decode-text.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'

/** A member of an `ar` archive; its bytes are `offset … offset + sizeBytes` of the source. */
export interface ArMember {
  /** Without the trailing `/` that GNU ar writes. */
  readonly name: string
  readonly offset: number
  readonly sizeBytes: number
}

export const AR_MAGIC = '!<arch>\n'

/**
 * Members in file order (deb(5), ar(5)): 8 bytes of magic, then headers of 60 bytes
 * `name[16] mtime[12] uid[6] gid[6] mode[8] size[10] "\x60\n"`, data padded to even.
 *
 * @throws FormatError, FormatLimitError beyond `maxMembers`, RangeError when the file is cut off
 */
export async function listAr(source: ByteSource, maxMembers: number): Promise<ArMember[]> {
  if (decodeUtf8(await source.read(0, 8), 'ar archive') !== AR_MAGIC) {
    throw new FormatError('Cannot read ar archive: it does not start with "!<arch>"', { offset: 0 })
  }
  const members: ArMember[] = []
  let position = 8
  while (position < source.sizeBytes) {
    if (members.length === maxMembers) {
      throw new FormatLimitError(`Cannot read ar archive: it has more than ${maxMembers} members`)
    }
    const header = decodeUtf8(await source.read(position, 60), 'ar header')
    const size = header.slice(48, 58).trim()
    if (header.length !== 60 || !header.endsWith('`\n') || !/^\d{1,10}$/.test(size)) {
      throw new FormatError('Cannot read ar archive: a member header is damaged', { offset: position })
    }
    const sizeBytes = Number(size)
    const offset = position + 60
    if (offset + sizeBytes > source.sizeBytes) {
      throw new FormatError('Cannot read ar archive: a member ends beyond the file', { offset: position })
    }
    members.push({ name: header.slice(0, 16).trim().replace(/\/$/, ''), offset, sizeBytes })
    position = offset + sizeBytes + (sizeBytes % 2)
  }
  return members
}
