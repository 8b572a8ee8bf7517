import { z } from 'zod'
import { DigestText } from './artifact.ts'
import { FileName } from './file-name.ts'
import { IdOf } from './ids.ts'
import { Instant } from './text.ts'

export const UploadState = z.enum(['open', 'complete', 'cancelled', 'lost', 'expired'])
export type UploadState = z.infer<typeof UploadState>

export const Upload = z
  .object({
    id: IdOf('upload'),
    fileName: z.string(),
    sizeBytes: z.int().min(0),
    digest: DigestText,
    /** Bytes that are durable; a client continues here. */
    offset: z.int().min(0),
    state: UploadState,
    /** True when the bytes were already readable by this principal and nothing has to be sent. */
    skipped: z.boolean(),
    createdAt: Instant,
    expiresAt: Instant,
    url: z.url(),
  })
  .meta({ id: 'Upload' })
export type Upload = z.infer<typeof Upload>

export const CreateUpload = z
  .strictObject({
    sizeBytes: z.int().min(0),
    digest: DigestText,
    fileName: FileName,
  })
  .meta({ id: 'CreateUpload' })
export type CreateUpload = z.infer<typeof CreateUpload>
