import type { Actor } from '../access/actor.ts'
import { appObject, authorize } from '../access/policy.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import { cutText } from '../bytes/cut-text.ts'
import { digestOf } from '../bytes/digest.ts'
import { moveFollowers } from '../channels/follow.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { CreateAnnouncement } from '../model/announcement.ts'
import { createId, isId } from '../model/ids.ts'
import { type AnnouncementRecord, findAnnouncement, insertAnnouncement } from '../store/announcements.ts'
import { type AppRecord, findAppInTx } from '../store/apps.ts'
import { recall, remember } from '../store/idempotency.ts'
import type { Tx } from '../store/open.ts'
import {
  changeRelease,
  findReleaseByRefInTx,
  getReleaseInTx,
  loadContents,
  type ReleaseContents,
  type ReleaseRecord,
} from '../store/releases.ts'
import { getRelease } from './get-release.ts'

type AnnounceDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>

/** A release that is to be announced, and its app. */
interface Member {
  readonly app: AppRecord
  readonly release: ReleaseRecord
}

/**
 * Makes published releases of one or several apps live in one step: listed, and eligible for `latest` and channels. When
 * one of them cannot be announced, nothing changes. The same Idempotency-Key with the same input gives the announcement
 * that it made (`created: false`).
 * @throws DistError release.not_found, also for an app that the actor may not see; access.denied; release.wrong_state;
 *   request.invalid for a release that is named twice; request.idempotency_conflict
 */
export async function announceReleases(
  deps: AnnounceDeps,
  actor: Actor,
  input: CreateAnnouncement,
  idempotencyKey: string | null,
  cause: Cause,
): Promise<{ created: boolean; announcement: AnnouncementRecord }> {
  const idempotency = idempotencyKey === null ? null : { key: idempotencyKey, principal: principalIn(cause) }
  return deps.store.write(async (tx) => {
    const before = idempotency && (await recall(tx, idempotency, 'announcement', input))
    const earlier = before ? await findAnnouncement(tx, before) : undefined
    if (earlier) return { created: false, announcement: earlier }
    const members: Member[] = []
    for (const named of input.releases) members.push(await findMember(tx, actor, named))
    checkDistinct(members)
    const words = { title: input.title ?? null, body: input.body ?? '' }
    const { announcement } = await makeLive(tx, deps, words, members, cause)
    if (idempotency) await remember(tx, idempotency, 'announcement', input, announcement.id, announcement.createdAt)
    return { created: true, announcement }
  })
}

/**
 * Announces one release, without a text. Announcing it twice is success.
 * @throws DistError release.not_found, release.wrong_state
 */
export async function announceRelease(
  deps: AnnounceDeps,
  app: AppRecord,
  releaseId: string,
  cause: Cause,
): Promise<ReleaseContents> {
  return deps.store.write(async (tx) => {
    const release = await getRelease(tx, releaseId)
    if (release.state === 'announced') return loadContents(tx, release)
    const made = await makeLive(tx, deps, { title: null, body: '' }, [{ app, release }], cause)
    return loadContents(tx, made.releases[0]!)
  })
}

/** As `principalOf` of the actor. */
function principalIn({ actor }: Cause): string {
  return actor.id ?? actor.kind
}

/** @param named app by slug, release by ref or id */
async function findMember(tx: Tx, actor: Actor, named: { app: string; release: string }): Promise<Member> {
  const absent = () =>
    new DistError(
      'release.not_found',
      `Cannot announce release ${quoted(named.release)} of ${quoted(named.app)}: there is no such release, or you may not see it`,
      { details: named },
    )
  const app = await findAppInTx(tx, named.app)
  const object = app && appObject(app)
  try {
    authorize(actor, 'release.announce', object ?? { kind: 'absent' }, 'release.not_found')
  } catch (error) {
    throw error instanceof DistError && error.code === 'release.not_found' ? absent() : error
  }
  const release = isId('release', named.release)
    ? await getReleaseInTx(tx, named.release)
    : await findReleaseByRefInTx(tx, app!.id, named.release)
  if (!app || release?.appId !== app.id || release.state === 'discarded') throw absent()
  return { app, release }
}

/** A name from a request, in bounds. */
function quoted(name: string): string {
  return JSON.stringify(cutText(name, 100))
}

/** A ref and an id may name one release. @throws DistError request.invalid */
function checkDistinct(members: readonly Member[]): void {
  const seen = new Set<string>()
  for (const { app, release } of members) {
    if (seen.has(release.id)) {
      throw new DistError(
        'request.invalid',
        `Cannot announce release "${release.ref}" of "${app.slug}": it is named twice`,
      )
    }
    seen.add(release.id)
  }
}

/** @throws DistError release.wrong_state naming the first that is not published */
function checkPublished(members: readonly Member[]): void {
  const wrong = members.filter(({ release }) => release.state !== 'published')
  const [first] = wrong
  if (first === undefined) return
  const { app, release } = first
  const one = members.length === 1
  throw new DistError(
    'release.wrong_state',
    `Cannot announce release "${release.ref}"${one ? '' : ` of "${app.slug}"`}: status is "${release.state}"`,
    {
      ...(release.state === 'draft' ? { hint: 'Publish it first' } : {}),
      details: {
        releases: wrong.map((member) => ({
          app: member.app.slug,
          ref: member.release.ref,
          state: member.release.state,
        })),
      },
    },
  )
}

/** The one way in which releases become live. @param members distinct, as they are in this transaction */
async function makeLive(
  tx: Tx,
  deps: AnnounceDeps,
  words: Pick<AnnouncementRecord, 'title' | 'body'>,
  members: readonly Member[],
  cause: Cause,
): Promise<{ announcement: AnnouncementRecord; releases: ReleaseRecord[] }> {
  checkPublished(members)
  const now = deps.clock.now()
  const announcedAt = new Date(now).toISOString()
  const announcement: AnnouncementRecord = {
    id: createId('announcement', now, deps.random(10)),
    ...words,
    createdAt: announcedAt,
    createdBy: principalIn(cause),
  }
  const announced = members.map(({ app, release }) => ({
    app,
    release: { ...release, state: 'announced' as const, announcedAt },
  }))
  const releases = announced.map(({ release }) => release)
  await insertAnnouncement(tx, announcement, releases)
  const slugs = new Set(members.map(({ app }) => app.slug))
  await appendAudit(tx, deps, cause, {
    action: 'announcement.created',
    object: `announcement:${announcement.id}`,
    // The log of one app tells nothing of others.
    ...(slugs.size === 1 ? { app: members[0]!.app.slug } : {}),
    after: {
      title: words.title,
      bodyDigest: digestOf(new TextEncoder().encode(words.body), deps.createHasher),
      releases: members.map(({ app, release }) => ({ app: app.slug, ref: release.ref })),
    },
  })
  for (const { app, release } of announced) {
    await changeRelease(tx, release.id, 'published', { state: 'announced', announcedAt })
    await appendAudit(tx, deps, cause, {
      action: 'release.announced',
      object: `release:${release.id}`,
      app: app.slug,
      before: { state: 'published' },
      after: { state: 'announced', ref: release.ref, announcement: announcement.id },
    })
  }
  // Highest first: a channel that follows moves once, however many releases of its app become live.
  const highestFirst = announced.toSorted((a, b) => compare(b.release.sortKey, a.release.sortKey))
  for (const { app, release } of highestFirst) await moveFollowers(tx, deps, app, release, cause)
  return { announcement, releases }
}

function compare(a: string | null, b: string | null): number {
  if (a === b) return 0
  return a === null || (b !== null && a < b) ? -1 : 1
}
