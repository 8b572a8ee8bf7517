import type { Upload } from '../../src/model/upload.ts'
import type { Client } from '../client.ts'
import { optional } from '../optional.ts'
import type { ExaminedFile } from '../publish/examine.ts'
import { uploadFile } from './upload.ts'

/**
 * Uploads a file and puts the upload to its use. It can be lost after its last byte (a full disk, a restored backup), and
 * one whose answer was lost is used up: then once more from the start.
 * @returns what `use` gave, and whether bytes were sent for it
 */
export async function useUpload<T>(
  client: Client,
  file: ExaminedFile,
  use: (uploadId: Upload['id']) => Promise<T>,
): Promise<{ readonly value: T; readonly sent: boolean }> {
  const attempt = async () => {
    const { upload, sent } = await uploadFile(client, file, (bytes) => file.report('uploading', bytes))
    return { value: await use(upload.id), sent }
  }
  const done = (await optional(attempt(), 'upload.gone', 'upload.not_found', 'blob.damaged')) ?? (await attempt())
  file.report(done.sent ? 'uploaded' : 'already there')
  return done
}
