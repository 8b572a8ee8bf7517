import type { FileRange } from '../fs/file-body.ts'

/** Answers up to this size are read at once; a stream would cost more than the bytes. */
const AT_ONCE_BYTES = 256 * 1024
const READ_BYTES = 1024 * 1024

/**
 * The bytes of a file as the body that Deno.serve sends fastest: `file.readable` where the range reaches the end of
 * the file, which never passes through JavaScript, else a bounded stream. The file is closed at the end and on cancel.
 * @throws RangeError when the file is shorter than the range
 */
export async function openBody({ path, offset, length }: FileRange): Promise<Uint8Array<ArrayBuffer> | ReadableStream> {
  const file = await Deno.open(path)
  try {
    if (offset > 0) await file.seek(offset, Deno.SeekMode.Start)
    if (length <= AT_ONCE_BYTES) {
      const bytes = await readExactly(file, length, path)
      file.close()
      return bytes
    }
    const { size } = await file.stat()
    if (size < offset + length) throw new RangeError(`Cannot send "${path}": it is shorter than announced`)
    return size === offset + length ? file.readable : bounded(file, length, path)
  } catch (error) {
    file.close()
    throw error
  }
}

async function readExactly(file: Deno.FsFile, length: number, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  for (let filled = 0; filled < length; ) {
    const count = await file.read(bytes.subarray(filled))
    if (count === null) throw new RangeError(`Cannot send "${path}": it is shorter than announced`)
    filled += count
  }
  return bytes
}

function bounded(file: Deno.FsFile, length: number, path: string): ReadableStream<Uint8Array> {
  let left = length
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const bytes = new Uint8Array(Math.min(READ_BYTES, left))
          const count = await file.read(bytes)
          if (count === null) throw new RangeError(`Cannot send "${path}": it is shorter than announced`)
          left -= count
          controller.enqueue(bytes.subarray(0, count))
          if (left > 0) return
        } catch (error) {
          file.close()
          throw error
        }
        file.close()
        controller.close()
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  )
}
