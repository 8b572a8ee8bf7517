import { z } from 'zod'
import { Artifact } from './artifact.ts'

/** Answer of the in-app update check: the release to install now. 204 without a body means there is none. */
export const UpdateAnswer = z
  .object({
    app: z.string(),
    channel: z.string(),
    ref: z.string(),
    version: z.string(),
    build: z.string().nullable(),
    notes: z.string(),
    announcedAt: z.string(),
    releaseUrl: z.url(),
    artifacts: z.array(Artifact),
  })
  .meta({ id: 'UpdateAnswer' })
export type UpdateAnswer = z.infer<typeof UpdateAnswer>
