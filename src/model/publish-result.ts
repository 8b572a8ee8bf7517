import { z } from 'zod'
import { Artifact, Link } from './artifact.ts'
import { MoveCheck } from './channel.ts'
import { Release } from './release.ts'

/** What `dist ci publish --json` prints on success: one document on stdout. */
export const PublishResult = z
  .object({
    created: z.boolean(),
    app: z.object({ id: z.string(), slug: z.string() }),
    release: Release.pick({
      id: true,
      ref: true,
      version: true,
      build: true,
      state: true,
      url: true,
      setUrl: true,
      previewUrl: true,
    }),
    artifacts: z.array(
      Artifact.pick({
        id: true,
        fileName: true,
        kind: true,
        platform: true,
        arch: true,
        format: true,
        sizeBytes: true,
        digest: true,
        describes: true,
        url: true,
        install: true,
        inspection: true,
        checks: true,
      }).extend({ uploaded: z.boolean() }),
    ),
    links: z.array(Link),
    channel: z
      .object({
        name: z.string(),
        previous: z.string().nullable(),
        current: z.string().nullable(),
        moved: z.boolean(),
        checks: z.array(MoveCheck),
        reason: z.object({ code: z.string(), message: z.string() }).nullable(),
        installUrl: z.string(),
        qrUrl: z.string(),
      })
      .nullable(),
    repositories: z.array(z.unknown()),
  })
  .meta({ id: 'PublishResult' })
export type PublishResult = z.infer<typeof PublishResult>
