/** Chunks of at least this many bytes are kept as they are; smaller ones are copied together. */
const KEEP_BYTES = 16 * 1024
const GATHER_BYTES = 64 * 1024

/**
 * Collects chunks for one `writev` without copying the large ones. A body of a million one-byte chunks costs the
 * memory of its bytes, not of a million objects.
 */
export interface Pieces {
  readonly sizeBytes: number
  add(chunk: Uint8Array): void
  /** Gives the pieces in order and starts anew. */
  take(): Uint8Array[]
}

export function createPieces(): Pieces {
  let list: Uint8Array[] = []
  let sizeBytes = 0
  let room = new Uint8Array(0)
  let used = 0
  // Where in `room` the last piece starts, while small chunks may still be added to it.
  let openAt: number | undefined
  // Whether the last piece is a small chunk that came alone and was not copied yet; it often stays alone.
  let isLone = false

  const gather = (chunk: Uint8Array): void => {
    if (used + chunk.byteLength > room.byteLength) {
      room = new Uint8Array(GATHER_BYTES)
      used = 0
      openAt = undefined
    }
    room.set(chunk, used)
    const end = used + chunk.byteLength
    if (openAt === undefined) {
      openAt = used
      list.push(room.subarray(openAt, end))
    } else list[list.length - 1] = room.subarray(openAt, end)
    used = end
  }

  return {
    get sizeBytes() {
      return sizeBytes
    },
    add(chunk) {
      sizeBytes += chunk.byteLength
      if (chunk.byteLength >= KEEP_BYTES) {
        list.push(chunk)
        openAt = undefined
        isLone = false
        return
      }
      if (openAt === undefined && !isLone) {
        list.push(chunk)
        isLone = true
        return
      }
      if (isLone) {
        isLone = false
        gather(list.pop()!)
      }
      gather(chunk)
    },
    take() {
      const taken = list
      list = []
      sizeBytes = 0
      openAt = undefined
      isLone = false
      return taken
    },
  }
}
