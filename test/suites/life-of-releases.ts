import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Actor } from '../../src/access/actor.ts'
import { recordOf } from '../../src/access/actor.ts'
import { type Action, authorize } from '../../src/access/policy.ts'
import { attachArtifact } from '../../src/artifacts/attach.ts'
import type { Cause } from '../../src/audit/append.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { channelEtag, type Precondition } from '../../src/channels/etag.ts'
import { editChannel, promoteChannel, rollbackChannel } from '../../src/channels/move.ts'
import { DistError } from '../../src/errors.ts'
import type { UploadId } from '../../src/model/ids.ts'
import type { Token } from '../../src/model/token.ts'
import { announceRelease, announceReleases } from '../../src/releases/announce.ts'
import { discardRelease } from '../../src/releases/discard.ts'
import { createDraft, detachArtifact } from '../../src/releases/draft.ts'
import { expireReleases } from '../../src/releases/expire.ts'
import { createPreview, endPreview } from '../../src/releases/preview.ts'
import { publishRelease } from '../../src/releases/publish.ts'
import { purgeRelease } from '../../src/releases/purge.ts'
import { unyankRelease, yankRelease } from '../../src/releases/yank.ts'
import { type AppRecord, findApp } from '../../src/store/apps.ts'
import { listArtifacts } from '../../src/store/artifacts.ts'
import { findChannel, listChannels } from '../../src/store/channels.ts'
import { findLatestRelease, findReleaseById, findReleaseByRef, listReleases } from '../../src/store/releases.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { type Answer, type Ask, createTestApp, type TestApp, upload } from '../helpers/test-app.ts'
import {
  ALLOWED,
  APPS,
  type AppName,
  CHANNELS,
  type Command,
  HOUR,
  isPossible,
  newWorld,
  type Policy,
  pickRelease,
  refOf,
  STEP,
  statusesOf,
  statusOfRef,
  step,
  VERSIONS,
  type View,
  viewOf,
  type Who,
  type World,
} from '../models/life-of-releases.ts'

/** The same name, so that a release is the same by its bytes alone. */
const FILE = 'notes.bin'
const CONTENTS = ['first bytes', 'second bytes']

/** The server under test: one for many sequences, each with apps of its own. */
export interface LifeServer {
  readonly app: TestApp
  readonly observer: Observer
  readonly tokens: Readonly<Record<Who, { readonly secret: string; readonly token: Token }>>
  /** Finished uploads of each content by those who may upload. */
  readonly uploads: Readonly<Record<string, readonly string[]>>
  sequences: number
  commands: number
  refused: number
  close(): Promise<void>
}

/** Where a file system in memory is, there flushes cost nothing, and thousands of sequences fit into a test. */
async function fastFolder(): Promise<string> {
  return await mkdtemp('/dev/shm/distd-life-').catch(() => mkdtemp(join(tmpdir(), 'distd-life-')))
}

export async function startLifeServer(): Promise<LifeServer> {
  const folder = await fastFolder()
  const app = await createTestApp({ folder })
  const { inspect } = app.deps
  const reports = new Map<string, ReturnType<typeof inspect>>()
  // The bytes are few, and what is read from them is not what this is about.
  Object.assign(app.deps, {
    inspect: (...[stored, principal]: Parameters<typeof inspect>) => {
      const report = reports.get(stored.digest) ?? inspect(stored, principal)
      reports.set(stored.digest, report)
      return report
    },
  })
  const issue = async (name: Who) => app.issue({ name, actions: [...ALLOWED[name]], expiresInDays: null })
  const tokens = {
    publisher: await issue('publisher'),
    promoter: await issue('promoter'),
    admin: await issue('admin'),
    reader: await issue('reader'),
  }
  const uploads: Record<string, string[]> = {}
  for (const who of ['publisher', 'admin'] as const) {
    uploads[who] = []
    for (const text of CONTENTS) {
      const bytes = new TextEncoder().encode(text)
      uploads[who].push(await upload(app, tokens[who].secret, { fileName: FILE, bytes }))
    }
  }
  const observer = await observe(app)
  return {
    app,
    observer,
    tokens,
    uploads,
    sequences: 0,
    commands: 0,
    refused: 0,
    async close() {
      assert.equal((await verifyAudit(app.deps.store.reads)).broken, undefined)
      observer.close()
      await app.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const who = fc.constantFrom<Who>('publisher', 'publisher', 'promoter', 'admin', 'admin', 'admin', 'reader')
const manager = fc.constantFrom<Who>('promoter', 'promoter', 'admin', 'admin', 'admin', 'publisher')
const app = fc.constantFrom<AppName>('a', 'a', 'a', 'a', 'b')
const channel = fc.constantFrom(...CHANNELS, 'stable' as const)
const pick = fc.oneof({ weight: 1, arbitrary: fc.constantFrom(-1, -2) }, { weight: 2, arbitrary: fc.nat(6) })
const version = fc.nat(VERSIONS.length - 1)
const content = fc.nat(CONTENTS.length - 1)
const decidedOn = fc.oneof(
  { weight: 12, arbitrary: fc.constant('present' as const) },
  { weight: 1, arbitrary: fc.constantFrom('none' as const, 'older' as const, 'nothing' as const) },
)
const policy: fc.Arbitrary<Partial<Policy>> = fc.oneof(
  fc.record({ auto: fc.constantFrom('latest' as const, 'prerelease' as const, null) }),
  fc.record({ allowDowngrade: fc.boolean() }),
  fc.record({ allowPrerelease: fc.boolean() }),
  fc.record({ protected: fc.boolean() }),
  fc.record({ movers: fc.constantFrom<Who[]>([], [], ['promoter'], ['admin', 'publisher']) }),
)

function command<C extends Command['do']>(
  name: C,
  rest: { [K in Exclude<keyof Extract<Command, { do: C }>, 'do'>]: fc.Arbitrary<Extract<Command, { do: C }>[K]> },
): fc.Arbitrary<Command[]> {
  // biome-ignore lint/suspicious/noExplicitAny: the fields of each command are checked above
  return fc.record({ do: fc.constant(name), ...(rest as any) }).map((made) => [made as Command])
}

const drafted = {
  who,
  app,
  version,
  prerelease: fc.constantFrom(undefined, undefined, undefined, true, false),
  key: fc.constantFrom(null, null, 'k', 'l'),
  reserve: fc.constantFrom(false, false, true),
}

/** What a publisher does in one go, up to some step of it: of random commands alone few would be about one release. */
const published: fc.Arbitrary<Command[]> = fc
  .record({ app, version, content, steps: fc.constantFrom(2, 3, 4, 5, 5, 5), channel, key: drafted.key })
  .map(({ app, version, content, steps, channel, key }) => {
    const rest = { who: 'admin', pick: -1 } as const
    const all: Command[] = [
      { do: 'draft', who: 'admin', app, version, key, prerelease: undefined, reserve: false },
      { ...rest, do: 'attach', content },
      { ...rest, do: 'seal' },
      { ...rest, do: 'announce', pick: -2 },
      { ...rest, do: 'promote', pick: -2, app, channel, onlyNewer: false, decidedOn: 'present' },
    ]
    return all.slice(0, steps)
  })

/** A version that one plans and another publishes, now or after a while. */
const contested: fc.Arbitrary<Command[]> = fc
  .record({ app, version, content, hours: fc.constantFrom(0, 0, 12, 24) })
  .map(({ app, version, content, hours }) => {
    const plan = { do: 'draft', app, version, key: null, prerelease: undefined } as const
    const waits: Command[] = hours === 0 ? [] : [{ do: 'wait', hours }]
    return [
      { ...plan, who: 'publisher', reserve: true },
      ...waits,
      { ...plan, who: 'admin', reserve: false },
      { do: 'attach', who: 'admin', pick: -1, content },
      { do: 'seal', who: 'admin', pick: -1 },
    ]
  })

/** A preview, which ends in one way or another. */
const previewed: fc.Arbitrary<Command[]> = fc
  .record({
    app,
    version,
    content,
    end: fc.constantFrom<Command[]>(
      [{ do: 'wait', hours: 12 }],
      [
        { do: 'announce', who: 'admin', pick: -1 },
        { do: 'wait', hours: 12 },
      ],
      [{ do: 'discard', who: 'admin', pick: -1 }],
      [{ do: 'endPreview', who: 'admin', pick: -1 }],
    ),
  })
  .map(({ app, version, content, end }) => [
    { do: 'draft', who: 'admin', app, version, key: null, prerelease: undefined, reserve: false },
    { do: 'attach', who: 'admin', pick: -1, content },
    { do: 'seal', who: 'admin', pick: -1 },
    { do: 'preview', who: 'admin', pick: -1, days: 0.5 },
    ...end,
  ])

/** Two releases, of one app or of two, that become live together. */
const together: fc.Arbitrary<Command[]> = fc
  .record({
    apps: fc.tuple(app, app),
    content,
    picks: fc.constantFrom<number[]>([-3, -1], [-1, -3], [-1, -1]),
    key: fc.constantFrom(null, 'k'),
  })
  .map(({ apps, content, picks, key }): Command[] => [
    ...apps.flatMap((app, version): Command[] => [
      { do: 'draft', who: 'admin', app, version: version + 1, key: null, prerelease: undefined, reserve: false },
      { do: 'attach', who: 'admin', pick: -1, content },
      { do: 'seal', who: 'admin', pick: -1 },
    ]),
    { do: 'announceTogether', who: 'admin', picks, key },
  ])

const promoted = command('promote', { who, app, channel, pick, onlyNewer: fc.boolean(), decidedOn })
const to = fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(6) })
const rolledBack = command('rollback', { who: manager, app, channel, to, decidedOn })
const configured = command('policy', { who: fc.constantFrom('admin', 'admin', 'promoter'), app, channel, policy })
const yanked = command('yank', { who: manager, pick, rollback: fc.boolean() })
const purged = command('purge', { who: fc.constantFrom('admin', 'admin', 'admin', 'promoter'), pick })
/** What its channels hold now, most of the time. */
const withdrawn = command('yank', { who: manager, pick: fc.constant(-2), rollback: fc.constant(true) })
const unyanked = command('unyank', { who: manager, pick })

/** One channel over a while: several releases go into it, and then people change their minds. */
const succeeded: fc.Arbitrary<Command[]> = fc
  .record({
    app,
    channel,
    before: fc.array(policy, { maxLength: 2 }),
    count: fc.integer({ min: 2, max: 4 }),
    content,
    after: fc.array(fc.oneof(rolledBack, rolledBack, yanked, withdrawn, unyanked, configured, promoted, purged), {
      minLength: 2,
      maxLength: 8,
      size: 'max',
    }),
  })
  .map(({ app, channel, before, count, content, after }) => {
    const all: Command[] = before.map((policy) => ({ do: 'policy', who: 'admin', app, channel, policy }))
    for (let version = 0; version < count; version++) {
      const newest = { who: 'admin', pick: -1 } as const
      all.push(
        { do: 'draft', who: 'admin', app, version, key: null, prerelease: undefined, reserve: false },
        { do: 'attach', ...newest, content },
        { do: 'seal', ...newest },
        { do: 'announce', who: 'admin', pick: -2 },
        { do: 'promote', who: 'admin', pick: -2, app, channel, onlyNewer: false, decidedOn: 'present' },
      )
    }
    return [...all, ...after.flat().map((one) => ('channel' in one ? { ...one, app, channel } : one))]
  })

const commands: fc.Arbitrary<Command[]> = fc
  .array(
    fc
      .tuple(
        fc.oneof(
          { weight: 14, arbitrary: published },
          { weight: 2, arbitrary: contested },
          { weight: 2, arbitrary: together },
          { weight: 2, arbitrary: previewed },
          { weight: 3, arbitrary: command('draft', drafted) },
          { weight: 2, arbitrary: command('attach', { who, pick, content }) },
          { weight: 1, arbitrary: command('detach', { who, pick }) },
          { weight: 2, arbitrary: command('seal', { who, pick }) },
          { weight: 2, arbitrary: command('announce', { who, pick }) },
          {
            weight: 2,
            arbitrary: command('announceTogether', {
              who,
              picks: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
              key: fc.constantFrom(null, null, 'k'),
            }),
          },
          { weight: 4, arbitrary: yanked },
          { weight: 2, arbitrary: unyanked },
          { weight: 2, arbitrary: command('discard', { who, pick }) },
          { weight: 2, arbitrary: purged },
          { weight: 2, arbitrary: command('preview', { who, pick, days: fc.constantFrom(0.5, 1, 14) }) },
          { weight: 1, arbitrary: command('endPreview', { who, pick }) },
          { weight: 5, arbitrary: promoted },
          { weight: 5, arbitrary: rolledBack },
          { weight: 3, arbitrary: configured },
          { weight: 4, arbitrary: succeeded },
          { weight: 2, arbitrary: command('wait', { hours: fc.constantFrom(1, 12, 24, 24 * 15) }) },
        ),
        // One in four is asked for again: the answer was lost, the job ran twice.
        fc.constantFrom(1, 1, 1, 2),
      )
      .map(([made, times]) => made.flatMap((one) => Array<Command>(times).fill(one))),
    { minLength: 1, maxLength: 8, size: 'max' },
  )
  .map((made) => made.flat())
const rows = fc
  .record({ commands, versions: fc.uniqueArray(version, { minLength: 3, maxLength: 6 }).map((some) => some.sort()) })
  // Few versions in a row, so that commands meet at the same ones; the lowest first, so that a channel goes up.
  .map(({ commands, versions }) =>
    commands.map((one) => (one.do === 'draft' ? { ...one, version: versions[one.version % versions.length]! } : one)),
  )

/** Everything of one sequence. */
interface Scene {
  readonly server: LifeServer
  /** Unlike that of any other sequence: names of apps and keys come from it. */
  readonly name: string
  readonly slug: (app: AppName) => string
  readonly record: (app: AppName) => AppRecord
  /** Ids of the releases of the model, by number. */
  readonly ids: string[]
  /** Preview ids by number of release. */
  readonly previews: Map<number, string>
}

/** How commands reach the product, and what it shows. */
export interface Driver {
  /** @throws DistError when it is refused */
  run(scene: Scene, world: World, command: Exclude<Command, { do: 'wait' }>): Promise<Shown>
  view(scene: Scene): Promise<View>
  /** URLs, where there are any. */
  checkUrls?(scene: Scene, world: World): Promise<void>
}
interface Shown {
  readonly created?: boolean
  readonly moved?: boolean
  /** Id of the release that was drafted or found. */
  readonly drafted?: string
}

/** As the route table says it. */
const ACTION_OF: Readonly<Record<Exclude<Command['do'], 'wait'>, Action>> = {
  draft: 'release.draft',
  attach: 'release.draft',
  detach: 'release.draft',
  seal: 'release.publish',
  announce: 'release.announce',
  announceTogether: 'release.announce',
  yank: 'release.yank',
  unyank: 'release.yank',
  discard: 'release.discard',
  purge: 'release.purge',
  preview: 'preview.manage',
  endPreview: 'preview.manage',
  promote: 'channel.promote',
  rollback: 'channel.rollback',
  policy: 'channel.edit',
}

const REASON = 'because'

function releaseNumber(world: World, command: Command): number {
  return 'pick' in command ? pickRelease(world, command.pick) : Number.NaN
}

/** The verbs themselves, in this process. */
export const verbs: Driver = {
  async run(scene, world, command) {
    const { server, ids } = scene
    const { deps } = server.app
    const actor: Actor = { kind: 'token', token: server.tokens[command.who].token }
    const cause: Cause = { actor: recordOf(actor), requestId: null }
    const at = releaseNumber(world, command)
    const id = ids[at]!
    const appName = 'app' in command ? command.app : (world.releases[at]?.app ?? 'a')
    const app = scene.record(appName)
    const about = { slug: app.slug, visibility: app.visibility }
    const object = 'channel' in command ? ({ kind: 'channel', ...about, channel: command.channel } as const) : about
    if (command.do === 'announceTogether') authorize(actor, 'release.announce', { kind: 'server' })
    else authorize(actor, ACTION_OF[command.do], 'kind' in object ? object : { kind: 'app', ...about })
    switch (command.do) {
      case 'draft': {
        const { version, build } = VERSIONS[command.version]!
        const { prerelease, reserve } = command
        const input = { version, build, reserve, ...(prerelease === undefined ? {} : { prerelease }) }
        const made = await createDraft(deps, actor, app, input, command.key, cause)
        return { created: made.created, drafted: made.contents.release.id }
      }
      case 'attach': {
        const input = { uploadId: uploadOf(scene, command) as UploadId, platform: 'linux' as const }
        return attachArtifact(deps, actor, app, findReleaseById(deps.store, id)!, input, cause)
      }
      case 'detach':
        await detachArtifact(deps, app, id, FILE, cause)
        return {}
      case 'seal':
        return publishRelease(deps, app, id, cause)
      case 'announce':
        await announceRelease(deps, app, id, cause)
        return {}
      case 'announceTogether': {
        const releases = command.picks.map((pick) => pickRelease(world, pick))
        const named = releases.map((n) => ({ app: scene.slug(world.releases[n]!.app), release: ids[n]! }))
        return announceReleases(deps, actor, { releases: named }, keyOf(scene, command.key), cause)
      }
      case 'yank':
        await yankRelease(deps, actor, app, id, { reason: REASON, rollback: command.rollback }, cause)
        return {}
      case 'unyank':
        await unyankRelease(deps, app, id, cause)
        return {}
      case 'discard':
        await discardRelease(deps, app, id, cause)
        return {}
      case 'purge':
        await purgeRelease(deps, app, id, REASON, cause)
        return {}
      case 'preview': {
        const made = await createPreview(deps, actor, app, id, command.days, cause)
        scene.previews.set(at, made.preview.id)
        return { created: made.created }
      }
      case 'endPreview':
        await endPreview(deps, app, id, cause)
        return {}
      case 'promote': {
        const condition = conditionOf(scene, app, command)
        const input = { release: id, onlyNewer: command.onlyNewer }
        return promoteChannel(deps, actor, app, command.channel, input, condition, cause)
      }
      case 'rollback': {
        const condition = conditionOf(scene, app, command)
        const input = { to: command.to === null ? undefined : ids[pickRelease(world, command.to)]!, reason: REASON }
        return rollbackChannel(deps, actor, app, command.channel, input, condition, cause)
      }
      case 'policy':
        await editChannel(deps, app, command.channel, { policy: command.policy }, cause)
        return {}
    }
  },

  async view({ server, record, ids }) {
    const { store } = server.app.deps
    const { reads } = store
    const releases = []
    const refs = new Set<string>()
    const files = await listArtifacts(reads, ids)
    for (const id of ids) {
      const release = findReleaseById(store, id)!
      const artifacts = files.get(id)!
      const { state, prerelease } = release
      refs.add(release.ref)
      releases.push({
        state,
        reservedUntil: release.reservedUntil === null ? null : Date.parse(release.reservedUntil),
        isPrerelease: prerelease,
        content: artifacts.length === 0 ? null : contentOf(artifacts),
      })
    }
    const apps: [AppName, View['apps'][AppName]][] = []
    for (const app of APPS) {
      const { id } = record(app)
      const live = await listReleases(reads, id, { states: ['announced'], after: null, limit: 100 })
      const channels = await listChannels(reads, id)
      const moves: Record<string, { kind: string; from: string | null; to: string }[]> = {}
      for (const { name } of channels) moves[name] = server.observer.movesOf(id, name)
      apps.push([
        app,
        {
          list: live.map(({ ref }) => ref),
          latest: findLatestRelease(store, id)?.ref ?? null,
          holders: Object.fromEntries(
            [...refs].flatMap((ref) => {
              const holder = findReleaseByRef(store, id, ref)
              return holder ? [[ref, ids.indexOf(holder.id)]] : []
            }),
          ),
          channels: Object.fromEntries(channels.map(({ name, current }) => [name, current])),
          moves,
          announcements: server.observer.announcementsOf(id),
        },
      ])
    }
    return { releases, apps: Object.fromEntries(apps) as View['apps'] }
  },
}

function uploadOf({ server }: Scene, { who, content }: Extract<Command, { do: 'attach' }>): string {
  return server.uploads[who]?.[content] ?? 'upl_none'
}

function keyOf({ name }: Scene, key: string | null): string | null {
  return key === null ? null : `${name}-${key}`
}

function contentOf(artifacts: readonly { readonly digest: string; readonly sizeBytes: number }[]): number {
  assert.equal(artifacts.length, 1)
  return CONTENTS.findIndex((text) => text.length === artifacts[0]!.sizeBytes)
}

function conditionOf(
  { server }: Scene,
  app: AppRecord,
  { channel, decidedOn }: Extract<Command, { do: 'promote' | 'rollback' }>,
): Precondition {
  if (decidedOn === 'nothing') throw new DistError('request.precondition_required')
  const present = findChannel(server.app.deps.store, app.id, channel)
  if (decidedOn === 'none') return { kind: 'absent' }
  if (decidedOn === 'older') return { kind: 'match', etags: ['"channel-0"'] }
  return present ? { kind: 'match', etags: [channelEtag(present)] } : { kind: 'absent' }
}

class Refused extends Error {
  readonly code: string
  constructor(answer: Answer) {
    super(answer.text)
    this.code = answer.json.code
  }
}

/** The API, as a program with a token meets it. */
export const http: Driver = {
  async run(scene, world, command) {
    const { server, ids, slug } = scene
    const at = releaseNumber(world, command)
    const appName = 'app' in command ? command.app : (world.releases[at]?.app ?? 'a')
    const path = `/api/v1/apps/${slug(appName)}`
    const send = async (method: string, to: string, more: Ask = {}): Promise<Answer> => {
      const answer = await server.app.ask(method, to, { token: server.tokens[command.who].secret, ...more })
      if (answer.status >= 400) {
        assert.ok(answer.status < 500, answer.text)
        throw new Refused(answer)
      }
      return answer
    }
    const release = `${path}/releases/${ids[at]}`
    const act = (name: string, body?: unknown) => send('POST', `${release}/actions/${name}`, { body })
    const withKey = (key: string | null): Ask =>
      key === null ? {} : { headers: { 'Idempotency-Key': keyOf(scene, key)! } }
    switch (command.do) {
      case 'draft': {
        const { version, build } = VERSIONS[command.version]!
        const { prerelease, reserve } = command
        const body = { version, build, reserve, prerelease }
        const made = await send('POST', `${path}/releases`, { ...withKey(command.key), body })
        return { created: made.status === 201, drafted: made.json.id }
      }
      case 'attach': {
        const body = { uploadId: uploadOf(scene, command), platform: 'linux' }
        return { created: (await send('POST', `${release}/artifacts`, { body })).status === 201 }
      }
      case 'detach':
        await send('DELETE', `${release}/artifacts/${FILE}`)
        return {}
      case 'seal':
        return { created: (await act('publish')).json.created }
      case 'announce':
      case 'unyank':
      case 'discard':
        await act(command.do)
        return {}
      case 'purge':
        assert.equal((await act('purge', { reason: REASON })).json.reason, REASON)
        return {}
      case 'yank':
        await act('yank', { reason: REASON, rollback: command.rollback })
        return {}
      case 'announceTogether': {
        const members = command.picks.map((pick) => pickRelease(world, pick))
        const releases = members.map((n) => ({ app: slug(world.releases[n]!.app), release: ids[n]! }))
        const made = await send('POST', '/api/v1/announcements', { ...withKey(command.key), body: { releases } })
        return { created: made.status === 201 }
      }
      case 'preview': {
        const body = { app: slug(appName), release: ids[at], expiresInDays: command.days }
        const made = await send('POST', '/api/v1/previews', { body })
        scene.previews.set(at, made.json.preview.id)
        return { created: made.json.created }
      }
      case 'endPreview': {
        // Nobody knows the address of a preview that was never made.
        const id = scene.previews.get(at) ?? '0'.repeat(32)
        await send('DELETE', `/api/v1/previews/${id}`)
        return {}
      }
      case 'promote': {
        const body = { release: ids[at], onlyNewer: command.onlyNewer }
        const { channel } = command
        const headers = await decided(scene, appName, command)
        return {
          moved: (await send('POST', `${path}/channels/${channel}/actions/promote`, { headers, body })).json.moved,
        }
      }
      case 'rollback': {
        const body = command.to === null ? {} : { to: ids[pickRelease(world, command.to)] }
        const { channel } = command
        const headers = await decided(scene, appName, command)
        const back = await send('POST', `${path}/channels/${channel}/actions/rollback`, { headers, body })
        return { moved: back.json.moved }
      }
      case 'policy':
        await send('PATCH', `${path}/channels/${command.channel}`, { body: { policy: command.policy } })
        return {}
    }
  },

  async view({ server, slug, ids }) {
    const token = server.tokens.admin.secret
    const read = async (path: string) => server.app.ask('GET', path, { token })
    const known = new Map<string, View['releases'][number]>()
    const apps: [AppName, View['apps'][AppName]][] = []
    for (const app of APPS) {
      const path = `/api/v1/apps/${slug(app)}`
      const all = (await read(`${path}/releases?state=all&limit=200`)).json.items
      const purged = (await read(`${path}/releases?state=purged&limit=200`)).json.items
      for (const { id, state, reservedUntil, prerelease, artifacts } of [...all, ...purged]) {
        known.set(id, {
          state,
          reservedUntil: reservedUntil === null ? null : Date.parse(reservedUntil),
          isPrerelease: prerelease,
          content: artifacts.length === 0 ? null : contentOf(artifacts),
        })
      }
      const holders = [...all, ...purged]
        .filter(({ state }) => state !== 'draft')
        .map(({ ref, id }) => [ref, ids.indexOf(id)] as const)
      assert.equal(new Set(holders.map(([ref]) => ref)).size, holders.length, 'a ref has two holders')
      const channels = (await read(`${path}/channels`)).json.items as { name: string; current: string | null }[]
      const moves: Record<string, { kind: string; from: string | null; to: string }[]> = {}
      for (const { name } of channels) {
        const listed = (await read(`${path}/channels/${name}/moves?limit=200`)).json.items
        moves[name] = listed.map(({ kind, from, to }: (typeof moves)[string][number]) => ({ kind, from, to }))
      }
      const latest = await read(`${path}/releases/latest`)
      const announcements = (await read(`${path}/announcements?limit=200`)).json.items
      apps.push([
        app,
        {
          list: (await read(`${path}/releases?limit=200`)).json.items.map((one: { ref: string }) => one.ref),
          latest: latest.status === 404 ? null : latest.json.ref,
          holders: Object.fromEntries(holders),
          channels: Object.fromEntries(channels.map(({ name, current }) => [name, current])),
          moves,
          announcements: announcements.map((one: { releases: { app: string; ref: string }[] }) =>
            one.releases.map((member) => `${member.app.at(-1)} ${member.ref}`).join(', '),
          ),
        },
      ])
    }
    const gone = { state: 'discarded', reservedUntil: null, content: null } as const
    return {
      // What was discarded is in no list, and says nothing of itself any more.
      releases: ids.map((id) => known.get(id) ?? { ...gone, isPrerelease: false }),
      apps: Object.fromEntries(apps) as View['apps'],
    }
  },

  async checkUrls({ server, slug, ids, previews }, world) {
    const get = (path: string) => server.app.ask('GET', path)
    const bytesAt = (content: number | null) => (content === null ? null : CONTENTS[content])
    for (const app of APPS) {
      for (const version of new Set(world.releases.filter((r) => r.app === app).map((r) => r.version))) {
        const expected = statusOfRef(world, app, version)
        const answer = await get(`/${slug(app)}/releases/${refOf(version)}/${FILE}`)
        assert.equal(answer.status, expected.status, `${app} ${refOf(version)}`)
        if (expected.status === 200) assert.equal(answer.text, bytesAt(expected.content), 'bytes of another release')
        const page = await get(`/${slug(app)}/releases/${refOf(version)}`)
        // A bare version that nobody holds may lead to its builds.
        if (expected.status !== 404) assert.equal(page.status, expected.status, `page of ${app} ${refOf(version)}`)
      }
      for (const name of CHANNELS) {
        const current = world.channels[app][name]?.current ?? null
        const answer = await get(`/${slug(app)}/${name}/sha256.sum`)
        assert.equal(answer.status, current === null ? 404 : 200, `${app}/${name}`)
      }
    }
    for (const [at, id] of ids.entries()) {
      const expected = statusesOf(world, at)
      const setId = findReleaseById(server.app.deps.store, id)!.setId
      assert.equal((await get(`/sets/${setId}/${FILE}`)).status, expected.set, `set of release ${at}`)
      const preview = previews.get(at)
      assert.equal(preview === undefined, expected.preview === null)
      if (preview === undefined) continue
      const shown = await get(`/preview/${preview}/${FILE}`)
      if (world.releases[at]!.state === 'discarded') assert.ok([404, 410].includes(shown.status), 'a discarded preview')
      else assert.equal(shown.status, expected.preview, `preview of release ${at}`)
    }
  },
}

async function decided(
  { server, slug }: Scene,
  app: AppName,
  { channel, decidedOn }: Extract<Command, { do: 'promote' | 'rollback' }>,
): Promise<Record<string, string>> {
  if (decidedOn === 'nothing') return {}
  if (decidedOn === 'none') return { 'If-None-Match': '*' }
  const token = server.tokens.admin.secret
  const present = await server.app.ask('GET', `/api/v1/apps/${slug(app)}/channels/${channel}`, { token })
  const etag = present.headers.get('etag')
  if (decidedOn === 'older') return { 'If-Match': '"channel-0"' }
  return etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag }
}

/** Statements of a connection that is not the server's, and sees what is durable. */
interface Observer {
  /** Rows that belong to two apps, as they lie: what a refused command must leave as it was. */
  rowsOf(ids: readonly string[]): string
  /** Changes when anything of the file did. */
  version(): number
  /** Newest first. */
  movesOf(appId: string, channel: string): { kind: string; from: string | null; to: string }[]
  /** Releases of each announcement of an app, in their order; newest announcement first. */
  announcementsOf(appId: string): string[]
  eventsAfter(seq: number): { readonly action: string; readonly object: string }[]
  lastEvent(): number
  close(): void
}

async function observe({ folder }: TestApp): Promise<Observer> {
  const database = (await currentRuntime()).openSqlite(join(folder, 'test.sqlite'), { readonly: true })
  const ofReleases = 'release_id in (select id from releases where app_id in (?, ?))'
  const ofApps = [
    'select * from releases where app_id in (?, ?)',
    `select id, release_id, file_key, digest, describes from artifacts where ${ofReleases}`,
    'select * from channels where app_id in (?, ?)',
    'select * from channel_moves where app_id in (?, ?)',
    `select * from previews where ${ofReleases}`,
    'select * from announcement_releases where app_id in (?, ?)',
  ].map((text) => database.prepare(text))
  const ofAll = ['announcements', 'idempotency_keys', 'uploads'].map((table) =>
    database.prepare(`select count(*) as n from ${table}`),
  )
  const events = database.prepare('select action, object from audit where seq > ? order by seq')
  const last = database.prepare('select max(seq) as n from audit')
  const version = database.prepare('pragma data_version')
  const ref = (column: string) => `(select ref from releases where id = ${column})`
  const moves = database.prepare(
    `select kind, ${ref('from_release')} as "from", ${ref('to_release')} as "to" from channel_moves
     where app_id = ? and channel = ? order by seq desc`,
  )
  const announcements = database.prepare(
    `select announcement_id as id, substr(slug, -1) || ' ' || ref as name
     from announcement_releases m join releases r on r.id = m.release_id join apps a on a.id = m.app_id
     where announcement_id in (select announcement_id from announcement_releases where app_id = ?)
     order by announcement_id desc, position`,
  )
  return {
    rowsOf: (ids) =>
      JSON.stringify([ofApps.map((statement) => statement.all([...ids])), ofAll.map((statement) => statement.all([]))]),
    eventsAfter: (seq) => events.all([seq]) as { action: string; object: string }[],
    version: () => (version.all([])[0] as { data_version: number }).data_version,
    movesOf: (appId, channel) =>
      (moves.all([appId, channel]) as { kind: string; from: string | null; to: string }[]).map((row) => ({ ...row })),
    announcementsOf(appId) {
      const found = announcements.all([appId]) as { id: string; name: string }[]
      const ids = [...new Set(found.map(({ id }) => id))]
      return ids.map((id) => found.flatMap((row) => (row.id === id ? [row.name] : [])).join(', '))
    },
    lastEvent: () => (last.all([])[0] as { n: number }).n,
    close: () => database.close(),
  }
}

/** Objects of the log as the model names them. */
function objectOf(scene: Scene, object: string): string {
  const [kind, name] = object.split(/:(.*)/) as [string, string]
  if (kind === 'release') return `r${scene.ids.indexOf(name)}`
  if (kind === 'channel') return name.replace(`${scene.name}-`, '')
  return kind
}

async function beginScene(server: LifeServer): Promise<Scene> {
  const name = `s${server.sequences++}`
  const slug = (app: AppName) => `${name}-${app}`
  // What earlier sequences left to expire does so before this one looks.
  await server.app.clock.advance(16 * 24 * HOUR)
  await expireReleases(server.app.deps)
  const token = server.tokens.admin.secret
  for (const app of APPS) {
    const body = { slug: slug(app), visibility: 'public' }
    assert.equal((await server.app.ask('POST', '/api/v1/apps', { token, body })).status, 201)
  }
  return {
    server,
    name,
    slug,
    record: (app) => findApp(server.app.deps.store, slug(app))!,
    ids: [],
    previews: new Map(),
  }
}

/** Runs one row of commands, and holds everything that can be seen against the model after each. */
async function runSequence(server: LifeServer, driver: Driver, row: readonly Command[]): Promise<void> {
  const scene = await beginScene(server)
  const { clock, deps } = server.app
  const { observer } = server
  const appIds = APPS.map((app) => scene.record(app).id)
  let world = newWorld(clock.now())
  let rows = observer.rowsOf(appIds)
  let version = observer.version()
  for (const [n, command] of row.entries()) {
    if (!isPossible(world, command)) continue
    const where = `command ${n}: ${JSON.stringify(command)}`
    const seq = observer.lastEvent()
    await clock.advance(STEP)
    const { world: next, outcome } = step(world, command)
    server.commands++
    let shown: Shown | { code: string } = {}
    if (command.do === 'wait') {
      await clock.advance(command.hours * HOUR)
      await expireReleases(deps)
    } else {
      try {
        shown = await driver.run(scene, world, command)
      } catch (error) {
        if (!(error instanceof DistError) && !(error instanceof Refused)) throw error
        shown = { code: error.code }
      }
    }
    if ('drafted' in shown && shown.created) scene.ids.push(shown.drafted!)
    const events = observer.eventsAfter(seq).map(({ action, object }) => `${action} ${objectOf(scene, object)}`)
    const isTouched = observer.version() !== version
    version = observer.version()
    const after = isTouched ? observer.rowsOf(appIds) : rows
    if ('refused' in outcome) {
      server.refused++
      assert.ok(
        'code' in shown && outcome.refused.includes(shown.code),
        `${where}: ${told(shown)}, not ${outcome.refused}`,
      )
      assert.deepEqual(events, [], `${where}: what is refused is no event`)
      assert.equal(after, rows, `${where}: what is refused changes nothing`)
    } else {
      const isExcused = 'code' in shown && shown.code === outcome.mayFail
      assert.ok(!('code' in shown) || isExcused, `${where}: ${told(shown)}, not a success`)
      if (!('code' in shown)) {
        if (outcome.created !== undefined) assert.equal(shown.created, outcome.created, `${where}: created`)
        if (outcome.moved !== undefined) assert.equal(shown.moved, outcome.moved, `${where}: moved`)
      }
      assert.deepEqual(events.sort(), [...outcome.events].sort(), `${where}: events`)
      if (outcome.events.length === 0) assert.equal(after, rows, `${where}: what is no event changes nothing`)
    }
    const isChanged = after !== rows
    world = next
    rows = after
    assert.equal(clock.now(), world.now, 'the clocks of model and server')
    if (!isChanged && command.do !== 'wait') continue
    assert.deepEqual(await driver.view(scene), comparable(driver, viewOf(world)), where)
    await driver.checkUrls?.(scene, world)
  }
}

/** Over HTTP nothing is left to be seen of what was discarded. */
function comparable(driver: Driver, view: View): View {
  const releases = view.releases.map((release) => {
    if (release.state !== 'discarded' || driver !== http) return release
    return { ...release, isPrerelease: false }
  })
  return { ...view, releases }
}

function told(shown: Shown | { code: string }): string {
  return 'code' in shown ? `refused with ${shown.code}` : 'a success'
}

/** Sequences that share a server: what looks at everything gets slower with every row. */
const PER_SERVER = 200

/**
 * Rows of random commands against the model; the report of a failure has the seed and the shortest row that fails.
 * @returns figures for people
 */
export async function checkLife(driver: Driver, sequences: number, seed: number): Promise<string> {
  let [commandCount, refusedCount] = [0, 0]
  for (let done = 0; done < sequences; done += PER_SERVER) {
    const server = await startLifeServer()
    try {
      await fc.assert(
        fc.asyncProperty(rows, (row) => runSequence(server, driver, row)),
        { numRuns: Math.min(PER_SERVER, sequences - done), seed: seed + done },
      )
    } finally {
      await server.close()
    }
    commandCount += server.commands
    refusedCount += server.refused
  }
  return `${sequences} sequences of seed ${seed}: ${commandCount} commands, ${refusedCount} of them refused`
}
