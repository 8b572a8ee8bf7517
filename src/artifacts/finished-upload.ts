import type { Actor } from '../access/actor.ts'
import type { BlobInfo } from '../blob/blob-store.ts'
import { parseDigest } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { fileNameProblem } from '../model/file-name.ts'
import { getUpload } from './upload-session.ts'

/** Bytes that are complete in the store, and what they are to be called. */
export interface UploadedFile extends BlobInfo {
  readonly fileName: string
}

/**
 * The file of an upload that this principal finished.
 * @param verb what is done with it, for messages: `attach`
 * @param fileName instead of the name that the upload was opened with
 * @throws DistError upload.not_found, upload.incomplete, artifact.file_name, blob.damaged
 */
export async function getUploadedFile(
  deps: Pick<Deps, 'store' | 'blobs'>,
  actor: Actor,
  verb: string,
  uploadId: string,
  fileName: string | undefined,
): Promise<UploadedFile> {
  const upload = await getUpload(deps, actor, uploadId)
  if (upload.state !== 'complete') {
    throw new DistError('upload.incomplete', `Cannot ${verb} upload ${upload.id}: its state is "${upload.state}"`)
  }
  const name = fileName ?? upload.fileName
  const problem = fileNameProblem(name)
  if (problem !== undefined)
    throw new DistError('artifact.file_name', `Cannot accept file name ${JSON.stringify(name)}: ${problem}`)
  const stored = await deps.blobs.stat(parseDigest(upload.digest))
  if (stored === undefined || stored.sizeBytes !== upload.sizeBytes) {
    throw new DistError('blob.damaged', `Cannot ${verb} "${name}": its bytes are damaged`)
  }
  return { ...stored, fileName: name }
}
