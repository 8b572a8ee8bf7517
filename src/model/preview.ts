import { z } from 'zod'
import { IdOf } from './ids.ts'
import { ReleaseState } from './release.ts'
import { Instant } from './text.ts'

export const DEFAULT_PREVIEW_DAYS = 14
const MAX_PREVIEW_DAYS = 365

/** 128 random bits as hex. */
export const PREVIEW_ID = /^[0-9a-f]{32}$/

/**
 * A published release to look at before it is announced, at a URL that expires. It holds its ref until then; announcing
 * it needs no rebuild, and when nobody did, it is discarded.
 */
export const Preview = z
  .object({
    id: z.string().regex(PREVIEW_ID),
    app: z.string(),
    ref: z.string(),
    releaseId: IdOf('release'),
    state: ReleaseState,
    url: z.url(),
    createdAt: Instant,
    expiresAt: Instant,
  })
  .meta({ id: 'Preview' })
export type Preview = z.infer<typeof Preview>

/** Of a published release; asked for again, it gives the same preview with the new end. */
export const CreatePreview = z
  .strictObject({
    app: z.string().max(63),
    release: z.string().max(97).describe('Ref or id of a published release'),
    expiresInDays: z
      .number()
      .positive()
      .max(MAX_PREVIEW_DAYS)
      .optional()
      .describe(`Days until it expires, ${DEFAULT_PREVIEW_DAYS} unless given`),
  })
  .meta({ id: 'CreatePreview' })
export type CreatePreview = z.infer<typeof CreatePreview>

/** `created` is false when the release had a preview. */
export const PreviewOutcome = z.object({ created: z.boolean(), preview: Preview }).meta({ id: 'PreviewOutcome' })
export type PreviewOutcome = z.infer<typeof PreviewOutcome>
