import type { FileHandle } from 'node:fs/promises'
import { openToRead } from './open-file.ts'

/** One read of a file. 64 KiB halves the throughput; 1 MiB of each of many slow readers is much memory. */
const READ_BYTES = 256 * 1024

/**
 * A range of a file, read on demand, from one open file that is closed at the end, on cancel and on error.
 * @param source an open file, or a path that is opened at the first read
 */
export function fileStream(source: FileHandle | string, offset: number, length: number): ReadableStream<Uint8Array> {
  let file = typeof source === 'string' ? undefined : source
  let at = offset
  const end = offset + length
  let reading: Promise<Uint8Array> | undefined
  let cancelled = false

  const close = async () => {
    const open = file
    file = undefined
    await open?.close()
  }
  const read = async () => {
    if (typeof source === 'string' && !file && at < end) {
      file = await openToRead(source)
      if (!file) throw new Error(`Cannot read ${source}: it is gone`)
    }
    const bytes = new Uint8Array(Math.min(READ_BYTES, end - at))
    if (bytes.byteLength === 0 || !file) return bytes
    const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, at)
    if (bytesRead === 0) throw new Error(`Cannot read at offset ${at}: the file ends before ${end}`)
    return bytes.subarray(0, bytesRead)
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reading = read()
        let bytes: Uint8Array
        try {
          bytes = await reading
        } catch (error) {
          await close().catch(() => undefined)
          throw error
        }
        if (cancelled) return
        at += bytes.byteLength
        if (bytes.byteLength > 0) controller.enqueue(bytes)
        if (at === end) {
          await close()
          controller.close()
        }
      },
      async cancel() {
        cancelled = true
        // A descriptor that is closed under a read may already name another file.
        await reading?.catch(() => undefined)
        await close()
      },
    },
    { highWaterMark: 0 },
  )
}
