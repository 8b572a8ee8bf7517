import { z } from 'zod'
import { Artifact, Link } from './artifact.ts'
import { IdOf } from './ids.ts'
import { Instant, Line, Prose } from './text.ts'
import { Build, Version } from './version.ts'

export const ReleaseState = z.enum(['draft', 'published', 'announced', 'yanked', 'discarded', 'purged'])
export type ReleaseState = z.infer<typeof ReleaseState>

/** Where the bytes were built; filled from the CI's environment when `dist.json` does not say. */
export const Source = z.strictObject({
  commit: z
    .string()
    .regex(/^[0-9A-Za-z]{4,64}$/)
    .optional(),
  branch: Line({ maxGraphemes: 250, maxBytes: 500 }).optional(),
  tag: Line({ maxGraphemes: 250, maxBytes: 500 }).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional(),
})
export type Source = z.infer<typeof Source>

export const Tag = Line({ maxGraphemes: 200, maxBytes: 400 })
/** Markdown, at most 256 KiB. */
export const Notes = Prose({ maxBytes: 262_144 })

export const Release = z
  .object({
    id: IdOf('release'),
    app: z.string(),
    ref: z.string(),
    version: z.string(),
    build: z.string().nullable(),
    tag: z.string().nullable(),
    prerelease: z.boolean(),
    state: ReleaseState,
    notes: z.string(),
    source: Source,
    createdAt: Instant,
    publishedAt: Instant.nullable(),
    announcedAt: Instant.nullable(),
    yankedAt: Instant.nullable(),
    yankReason: z.string().nullable(),
    /** Until then a planned draft holds its ref against others. */
    reservedUntil: Instant.nullable(),
    url: z.url(),
    /** Null for those who may not publish: the set URL is a capability. */
    setUrl: z.url().nullable(),
    previewUrl: z.url().nullable(),
    artifacts: z.array(Artifact),
    links: z.array(Link),
  })
  .meta({ id: 'Release' })
export type Release = z.infer<typeof Release>

export const CreateRelease = z
  .strictObject({
    version: Version,
    build: Build.nullable().optional(),
    tag: Tag.optional(),
    prerelease: z.boolean().optional().describe('Also of a version that does not say so; never false of one that does'),
    notes: Notes.optional(),
    source: Source.optional(),
    reserve: z
      .boolean()
      .optional()
      .describe('Hold the ref for 24 hours, so that its final URLs are known before anything is built'),
  })
  .meta({ id: 'CreateRelease' })
export type CreateRelease = z.infer<typeof CreateRelease>

const Reason = Line({ maxGraphemes: 500, maxBytes: 2000 })

export const YankRelease = z
  .strictObject({
    reason: Reason,
    rollback: z.boolean().optional().describe('Move the channels that hold it back in the same step'),
  })
  .meta({ id: 'YankRelease' })
export type YankRelease = z.infer<typeof YankRelease>

/** Removes the bytes of an announced release for good; a tombstone keeps its ref. */
export const PurgeRelease = z.strictObject({ reason: Reason }).meta({ id: 'PurgeRelease' })
export type PurgeRelease = z.infer<typeof PurgeRelease>

/** What is left of a purged release. */
export const Tombstone = z
  .object({ app: z.string(), ref: z.string(), purgedAt: Instant, reason: z.string() })
  .meta({ id: 'Tombstone' })
export type Tombstone = z.infer<typeof Tombstone>

/** `created` is false when a release with the same ref and the same artifact digests was there already. */
export const PublishOutcome = z.object({ created: z.boolean(), release: Release }).meta({ id: 'PublishOutcome' })
export type PublishOutcome = z.infer<typeof PublishOutcome>

export const YankOutcome = z
  .object({ release: Release, rolledBack: z.array(z.object({ channel: z.string(), current: z.string() })) })
  .meta({ id: 'YankOutcome' })
export type YankOutcome = z.infer<typeof YankOutcome>
