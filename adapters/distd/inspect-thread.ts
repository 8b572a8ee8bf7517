import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import type { BlobInfo } from '../../src/blob/blob-store.ts'
import type { InspectionReport } from '../../src/model/inspection.ts'
import { withBlobFile } from '../fs/blob-file.ts'

/** What comes back for a blob: a report, or the sentence of an error that is not about the bytes. */
export type InspectAnswer = { readonly report: InspectionReport } | { readonly failure: string }

/** Whether this module runs in a thread that {@link inspectInThread} is for. */
export const isInspectThread = !isMainThread

/** Answers one blob after another until the server ends the thread. It opens them for reading and has no database. */
export function inspectInThread(): void {
  const { root } = workerData as { root: string }
  parentPort!.on('message', async (blob: BlobInfo) => {
    let answer: InspectAnswer
    try {
      // Loaded here alone: the readers of formats are most of the program and no part of a start of the server.
      const { inspectArtifact } = await import('../../src/inspect/inspect.ts')
      answer = { report: await withBlobFile(root, blob, (source) => inspectArtifact(source)) }
    } catch (error) {
      answer = { failure: error instanceof Error ? error.message : String(error) }
    }
    parentPort!.postMessage(answer)
  })
}
