import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import type { BlobInfo } from '../../src/blob/blob-store.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import type { InspectionReport } from '../../src/model/inspection.ts'
import { withBlobFile } from '../fs/blob-file.ts'

/** What the server sends to a thread. */
export interface InspectJob {
  readonly id: number
  readonly blob: BlobInfo
}

/** What comes back: a report, or the sentence of an error that is not about the bytes. */
export type InspectAnswer =
  | { readonly id: number; readonly report: InspectionReport }
  | { readonly id: number; readonly failure: string }

/** Whether this module runs in a thread that {@link inspectInThread} is for. */
export const isInspectThread = !isMainThread

/** Answers jobs until the server ends the thread. It opens blobs for reading and has no database. */
export function inspectInThread(): void {
  const { root } = workerData as { root: string }
  parentPort!.on('message', async ({ id, blob }: InspectJob) => {
    let answer: InspectAnswer
    try {
      answer = { id, report: await withBlobFile(root, blob, (source) => inspectArtifact(source)) }
    } catch (error) {
      answer = { id, failure: error instanceof Error ? error.message : String(error) }
    }
    parentPort!.postMessage(answer)
  })
}
