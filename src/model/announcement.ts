import { z } from 'zod'
import { IdOf } from './ids.ts'
import { ReleaseState } from './release.ts'
import { Instant, Line, Prose } from './text.ts'

/** What an announcement says, in Markdown; at most 256 KiB. */
const Body = Prose({ maxBytes: 262_144 })
const Title = Line({ maxGraphemes: 200, maxBytes: 800 })

/** What made releases live: one text over releases of one or several apps. Never changed. */
export const Announcement = z
  .object({
    id: IdOf('announcement'),
    title: z.string().nullable(),
    body: z.string(),
    createdAt: Instant,
    url: z.url(),
    /** In the order in which they were named; those that the reader may see. */
    releases: z.array(
      z.object({
        app: z.string(),
        /** Name of the app, for people. */
        name: z.string(),
        ref: z.string(),
        version: z.string(),
        build: z.string().nullable(),
        prerelease: z.boolean(),
        /** `announced`, or `yanked` or `purged` since. */
        state: ReleaseState,
        url: z.url(),
      }),
    ),
  })
  .meta({ id: 'Announcement' })
export type Announcement = z.infer<typeof Announcement>

/** Releases that stand in for a title; more are counted. */
const MAX_NAMED = 3

/** The title, or else what became live: `Acme Notes 1.4.0, Acme Sync 2.0.0`. */
export function titleOf({ title, releases }: Pick<Announcement, 'title' | 'releases'>): string {
  if (title !== null) return title
  const named = releases.slice(0, MAX_NAMED).map(({ name, ref }) => `${name} ${ref}`)
  const more = releases.length - named.length
  return named.join(', ') + (more === 0 ? '' : ` and ${more} more`)
}

const MAX_RELEASES = 100

/** Announces published releases together: all become live in one step, or none does. */
export const CreateAnnouncement = z
  .strictObject({
    title: Title.optional(),
    body: Body.optional(),
    releases: z
      .array(z.strictObject({ app: z.string().max(63), release: z.string().max(97) }))
      .min(1)
      .max(MAX_RELEASES),
  })
  .meta({ id: 'CreateAnnouncement' })
export type CreateAnnouncement = z.infer<typeof CreateAnnouncement>
