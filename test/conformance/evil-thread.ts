import process from 'node:process'
import { parentPort } from 'node:worker_threads'
import { inspectInThread } from '../../adapters/distd/inspect-thread.ts'
import type { BlobInfo } from '../../src/blob/blob-store.ts'

/** Sizes of blobs at which a thread of this module does harm, as a reader with a mistake might. */
export const DIES = 6661
export const LOOPS = 6662
export const FILLS = 6663
/** Large ones take their time, and are then not there. */
export const WAITS = 66_666_666

/** Above the limit of a thread, and not so much that a runtime without limits harms the machine. */
const MAX_FILLED_BYTES = 600 << 20

/** Holds more and more objects; then, where nothing ends that, it never answers. */
function fill(): never {
  const held: number[][] = []
  for (;;) if (held.length * 8000 < MAX_FILLED_BYTES) held.push(Array.from({ length: 1000 }, (_, i) => i + 0.5))
}

/** In a thread: inspects like the server's, apart from those sizes. */
if (parentPort !== null) {
  parentPort.on('message', (blob: BlobInfo) => {
    if (blob.sizeBytes === DIES) process.exit(3)
    while (blob.sizeBytes === LOOPS);
    if (blob.sizeBytes === FILLS) fill()
    if (blob.sizeBytes === WAITS) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
  })
  inspectInThread()
}
