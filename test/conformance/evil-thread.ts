import process from 'node:process'
import { parentPort } from 'node:worker_threads'
import { type InspectJob, inspectInThread } from '../../adapters/distd/inspect-thread.ts'

/** Sizes of blobs at which a thread of this module does harm, as a reader with a mistake might. */
export const DIES = 6661
export const LOOPS = 6662

/** In a thread: inspects like the server's, apart from those sizes. */
if (parentPort !== null) {
  parentPort.on('message', ({ blob }: InspectJob) => {
    if (blob.sizeBytes === DIES) process.exit(3)
    while (blob.sizeBytes === LOOPS);
  })
  inspectInThread()
}
