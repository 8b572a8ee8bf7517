import { decodeUtf8 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'

/**
 * One field of a message in the wire format of Protocol Buffers (protobuf.dev, "Encoding"). Nested messages are not
 * entered: the caller reads them from `bytes` where it knows them.
 */
export interface ProtoField {
  readonly number: number
  /** Of a varint, the lower 32 bits; of a fixed 32-bit number, all of them; else 0. */
  readonly value: number
  /** Of a length-delimited field (text, bytes, nested message); else empty. */
  readonly bytes: Uint8Array
}

const NOTHING = new Uint8Array(0)

/** The fields of a message, one after another; unknown ones too. @throws FormatError */
export function* protoFields(message: Uint8Array): Generator<ProtoField> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= message.length) throw cutOff(at)
      const byte = message[at++]!
      if (shift < 32) value |= (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return value >>> 0
    }
    throw new FormatError('Cannot read protobuf: a number is too long', { offset: at })
  }
  const skip = (length: number): number => {
    const start = at
    if (length > message.length - at) throw cutOff(at)
    at += length
    return start
  }
  while (at < message.length) {
    const start = at
    const key = varint()
    const number = key >>> 3
    if (number === 0) throw new FormatError('Cannot read protobuf: a field has no number', { offset: start })
    switch (key & 7) {
      case 0:
        yield { number, value: varint(), bytes: NOTHING }
        break
      case 1:
        skip(8)
        yield { number, value: 0, bytes: NOTHING }
        break
      case 2: {
        const length = varint()
        const from = skip(length)
        yield { number, value: 0, bytes: message.subarray(from, from + length) }
        break
      }
      case 5:
        yield { number, value: view.getUint32(skip(4), true), bytes: NOTHING }
        break
      default:
        throw new FormatError('Cannot read protobuf: a field is of no known kind', { offset: start })
    }
  }
}

/** The last field with this number, which is the one that counts. @throws FormatError */
export function protoField(message: Uint8Array, number: number): ProtoField | undefined {
  let last: ProtoField | undefined
  for (const field of protoFields(message)) if (field.number === number) last = field
  return last
}

/** @param what names the text in the error @throws FormatError */
export function protoText(field: ProtoField | undefined, what: string): string {
  return field === undefined ? '' : decodeUtf8(field.bytes, what)
}

function cutOff(offset: number): FormatError {
  return new FormatError('Cannot read protobuf: it is cut off', { offset })
}
