import { z } from 'zod'
import { Instant } from './text.ts'

/**
 * Who acts: `user:usr_… (name)`, `token:tok_… (name)`, `share:shr_… (label)` for who was given a link, `anonymous`, or
 * `system` for the server itself and commands on its host.
 */
export const ActorRecord = z.object({
  kind: z.enum(['user', 'token', 'share', 'anonymous', 'system']),
  id: z.string().nullable(),
  name: z.string().nullable(),
})
export type ActorRecord = z.infer<typeof ActorRecord>

/**
 * One important action, append-only. `hash` is the lower-case hex SHA-256 of the previous event's hash (64 hex
 * digits, all zero before the first), a line feed, and the canonical JSON of an object of {@link AUDIT_FIELDS}: the
 * keys of every object in UTF-16 code unit order, no white space (RFC 8785, 3.2.3).
 */
export const AuditEvent = z
  .object({
    seq: z.int().min(1),
    id: z.string(),
    at: Instant,
    actor: ActorRecord,
    action: z.string(),
    /** What it was done to: `app:acme-notes`, `release:rel_…`, `token:tok_…`. */
    object: z.string(),
    /** Slug of the app it concerns, for filtering; null for server-wide actions. */
    app: z.string().nullable(),
    before: z.unknown(),
    after: z.unknown(),
    requestId: z.string().nullable(),
    prevHash: z.string().regex(/^[0-9a-f]{64}$/),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .meta({ id: 'AuditEvent' })
export type AuditEvent = z.infer<typeof AuditEvent>

export const AUDIT_FIELDS = [
  'seq',
  'id',
  'at',
  'actor',
  'action',
  'object',
  'app',
  'before',
  'after',
  'requestId',
] as const

export const AuditHead = z.object({ seq: z.int().min(0), hash: z.string() }).meta({ id: 'AuditHead' })
export type AuditHead = z.infer<typeof AuditHead>
export const GENESIS_HASH = '0'.repeat(64)
