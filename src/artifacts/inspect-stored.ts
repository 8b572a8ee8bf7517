import { blobSource } from '../blob/blob-source.ts'
import type { Deps, InspectBlob } from '../deps.ts'

/** Reads a stored file in the thread that asks. */
export function inspectStored({ blobs }: Pick<Deps, 'blobs'>): InspectBlob {
  return async (blob) => {
    // Loaded with the first artifact: the readers of formats are most of the program and no part of a start.
    const { inspectArtifact } = await import('../inspect/inspect.ts')
    return inspectArtifact(blobSource(blobs, blob))
  }
}
