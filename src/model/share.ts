import { z } from 'zod'
import { Slug } from './app.ts'
import { ChannelName } from './channel.ts'
import { IdOf } from './ids.ts'
import { Instant, Line } from './text.ts'

/** Files that were fetched through a share link: requests that included the first byte. */
export const ShareDownload = z
  .object({
    release: z.string(),
    fileName: z.string(),
    count: z.int().min(1),
    firstAt: Instant,
    lastAt: Instant,
  })
  .meta({ id: 'ShareDownload' })
export type ShareDownload = z.infer<typeof ShareDownload>

/** A signed, expiring, revocable, counted grant to read one channel or one release of an app. */
export const Share = z
  .object({
    id: IdOf('share'),
    app: z.string(),
    /** Exactly one of the two is set. */
    channel: z.string().nullable(),
    release: z.string().nullable(),
    /** For whom it is. */
    label: z.string(),
    createdAt: Instant,
    createdBy: z.string(),
    expiresAt: Instant,
    revokedAt: Instant.nullable(),
    /** Of all files together; null for no limit. */
    maxDownloads: z.int().min(1).nullable(),
    downloads: z.int().min(0),
    /** When somebody last opened the link; null when nobody did. */
    lastOpenedAt: Instant.nullable(),
    state: z.enum(['active', 'expired', 'revoked', 'used-up']),
  })
  .meta({ id: 'Share' })
export type Share = z.infer<typeof Share>

export const ShareDetails = Share.extend({ files: z.array(ShareDownload) }).meta({ id: 'ShareDetails' })
export type ShareDetails = z.infer<typeof ShareDetails>

export const CreateShare = z
  .strictObject({
    app: Slug,
    /** A channel, or `latest`. */
    channel: z.union([ChannelName, z.literal('latest')]).optional(),
    release: z.string().max(97).optional().describe('Ref or id of a release that is published'),
    label: Line({ maxGraphemes: 100, maxBytes: 400 }),
    expiresInDays: z.number().positive().max(365).default(30).describe('Days until it expires, 30 unless given'),
    maxDownloads: z
      .int()
      .min(1)
      .max(1_000_000)
      .nullable()
      .default(null)
      .describe('Downloads of all files together; requests that include the first byte of a file. None: no limit'),
  })
  .refine(({ channel, release }) => (channel === undefined) !== (release === undefined), {
    message: 'must name a channel or a release, and not both',
  })
  .meta({ id: 'CreateShare' })
export type CreateShare = z.infer<typeof CreateShare>

/** The only answer that ever holds the URL. */
export const CreatedShare = z.object({ share: Share, url: z.string() }).meta({ id: 'CreatedShare' })
export type CreatedShare = z.infer<typeof CreatedShare>
