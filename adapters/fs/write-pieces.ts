import { writevSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** A write to the page cache takes a fraction of this; a disk that cannot keep up makes the writer sleep (write(2)). */
const STILL_MS = 50
/** No write blocks the event loop for this long after one that stood still. */
const CAREFUL_MS = 1000

/** Writes all pieces at `position`, one behind the other. @throws the machine's error */
export type WritePieces = (file: FileHandle, pieces: readonly Uint8Array[], position: number) => Promise<void>

/**
 * @param isCrowded whether many bodies are being written: then what is read goes to the disk at once, in this turn of
 *   the event loop, because waiting for the thread pool keeps the bytes of all of them in memory (200 uploads of 1 MiB
 *   took 320 MB, and 235 with this). Not while the disk stands still, which would stop everybody.
 */
export function createWritePieces(
  isCrowded: () => boolean,
  { now = () => performance.now(), writeNow = writevSync } = {},
): WritePieces {
  let carefulUntil = Number.NEGATIVE_INFINITY

  async function writeSome(file: FileHandle, pieces: readonly Uint8Array[], at: number): Promise<number> {
    const startedAt = now()
    if (!isCrowded() || startedAt < carefulUntil) return (await file.writev(pieces, at)).bytesWritten
    const bytesWritten = writeNow(file.fd, pieces, at)
    const endedAt = now()
    if (endedAt - startedAt > STILL_MS) carefulUntil = endedAt + CAREFUL_MS
    return bytesWritten
  }

  return async (file, pieces, position) => {
    let rest = pieces.slice()
    let at = position
    while (rest.length > 0) {
      // A write may be shorter than asked for (write(2)) and is then continued.
      let bytesWritten = await writeSome(file, rest, at)
      if (bytesWritten === 0) throw new Error(`Cannot write at offset ${at}: the disk takes no bytes`)
      at += bytesWritten
      let done = 0
      while (done < rest.length && bytesWritten >= rest[done]!.byteLength) bytesWritten -= rest[done++]!.byteLength
      rest = rest.slice(done)
      if (bytesWritten > 0) rest[0] = rest[0]!.subarray(bytesWritten)
    }
  }
}
