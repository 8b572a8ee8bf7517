/**
 * What a server of releases must look like after any row of commands: states, refs, reservations, previews,
 * announcements, channels and their history, `latest`, the clock. Written from the contract and not from the code:
 * versions have a place by hand, the history of a channel is a stack that is kept, and nothing here is shared with `src`.
 */

/** Lowest first; those at the end have no order. */
export const VERSIONS = [
  { version: '1.0.0-rc.1', build: null, place: 0, isPrerelease: true },
  { version: '1.0.0', build: null, place: 1, isPrerelease: false },
  { version: '1.0.0', build: '2', place: 2, isPrerelease: false },
  { version: '1.0.0', build: '10', place: 3, isPrerelease: false },
  { version: '1.2.0', build: null, place: 4, isPrerelease: false },
  { version: '1.10.0', build: null, place: 5, isPrerelease: false },
  { version: '2.0.0-beta', build: null, place: 6, isPrerelease: true },
  { version: 'nightly', build: null, place: null, isPrerelease: false },
  { version: 'edge', build: null, place: null, isPrerelease: false },
] as const

export function refOf(version: number): string {
  const { version: text, build } = VERSIONS[version]!
  return build === null ? text : `${text}+${build}`
}

export const APPS = ['a', 'b'] as const
export type AppName = (typeof APPS)[number]
export const CHANNELS = ['beta', 'stable'] as const
export type ChannelName = (typeof CHANNELS)[number]

/** Tokens by what they may; each reads, too. */
export const ALLOWED = {
  publisher: ['publish'],
  promoter: ['promote'],
  admin: ['admin'],
  reader: ['read'],
} as const
export type Who = keyof typeof ALLOWED

export interface Policy {
  protected: boolean
  allowPrerelease: boolean
  allowDowngrade: boolean
  movers: Who[]
  auto: 'latest' | 'prerelease' | null
}

type Plain = 'detach' | 'seal' | 'announce' | 'unyank' | 'discard' | 'purge' | 'endPreview'

/**
 * `pick` names a release by the order in which they were drafted, modulo their number; -1 is the newest, -3 the one
 * before it, and -2 what the publisher of the newest would go on with: the release that holds its ref, if there is one.
 */
export type Command =
  | {
      do: 'draft'
      who: Who
      app: AppName
      version: number
      prerelease: boolean | undefined
      key: string | null
      reserve: boolean
    }
  | { do: 'attach'; who: Who; pick: number; content: number }
  | { [D in Plain]: { do: D; who: Who; pick: number } }[Plain]
  | { do: 'announceTogether'; who: Who; picks: number[]; key: string | null }
  | { do: 'yank'; who: Who; pick: number; rollback: boolean }
  | { do: 'preview'; who: Who; pick: number; days: number }
  | {
      do: 'promote'
      who: Who
      app: AppName
      channel: ChannelName
      pick: number
      onlyNewer: boolean
      decidedOn: DecidedOn
    }
  | { do: 'rollback'; who: Who; app: AppName; channel: ChannelName; to: number | null; decidedOn: DecidedOn }
  | { do: 'policy'; who: Who; app: AppName; channel: ChannelName; policy: Partial<Policy> }
  | { do: 'wait'; hours: number }

/**
 * What a move says of the state that it was decided on: the present one, whatever it is; that there is none; one that is
 * over; nothing.
 */
export type DecidedOn = 'present' | 'none' | 'older' | 'nothing'

type State = 'draft' | 'published' | 'announced' | 'yanked' | 'discarded' | 'purged'

export interface ModelRelease {
  readonly app: AppName
  readonly version: number
  readonly owner: Who
  readonly key: string | null
  readonly createdAt: number
  state: State
  isPrerelease: boolean
  content: number | null
  attachedAt: number
  reservedUntil: number | null
  announcedAt: number | null
  /** When its preview ends, or ended. */
  previewEnd: number | null
}

export interface Move {
  readonly kind: 'promote' | 'rollback' | 'auto'
  readonly from: number | null
  readonly to: number
}

export interface ModelChannel {
  current: number | null
  policy: Policy
  /** Promotions push, rollbacks pop; the current release is on top. */
  stack: number[]
  moves: Move[]
}

export interface World {
  now: number
  releases: ModelRelease[]
  channels: Record<AppName, Partial<Record<ChannelName, ModelChannel>>>
  /** Members of each, in order. */
  announcements: number[][]
  /** `who key` → the input of the announcement that was made with it. */
  keys: Record<string, string>
}

/** Success with what changed, or refused for one of some reasons; a refused command changes nothing. */
export type Outcome =
  | {
      readonly events: readonly string[]
      readonly created?: boolean
      readonly moved?: boolean
      readonly mayFail?: string
    }
  | { readonly refused: readonly string[] }

export const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A draft that nobody touches, a reservation. */
const DRAFT_DAYS = 14
const RESERVED_HOURS = 24
/** Every command takes a while, so that no two things happen at once. */
export const STEP = 1

export function newWorld(now: number): World {
  return { now, releases: [], channels: { a: {}, b: {} }, announcements: [], keys: {} }
}

export function pickRelease(world: World, pick: number): number {
  const newest = world.releases.length - 1
  if (pick >= 0) return pick % world.releases.length
  if (pick === -3) return Math.max(0, newest - 1)
  const { app, version } = world.releases[newest]!
  return (pick === -2 ? holderOf(world, app, version) : undefined) ?? newest
}

/** Whether the command names something that can be asked for at all. */
export function isPossible(world: World, command: Command): boolean {
  if ('pick' in command || 'picks' in command) return world.releases.length > 0
  return command.do !== 'rollback' || command.to === null || world.releases.length > 0
}

/** The world after the command. Pure: the world before is left as it is. */
export function step(before: World, command: Command): { world: World; outcome: Outcome } {
  const world = structuredClone(before)
  world.now += STEP
  const outcome = run(world, command)
  if ('refused' in outcome) return { world: { ...before, now: world.now }, outcome }
  return { world, outcome }
}

class Refusal extends Error {
  readonly codes: readonly string[]
  constructor(codes: readonly string[]) {
    super(codes.join())
    this.codes = codes
  }
}
const refuse = (...codes: string[]): never => {
  throw new Refusal(codes)
}

function run(world: World, command: Command): Outcome {
  try {
    return apply(world, command)
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.codes }
    throw error
  }
}

const MAY: Readonly<Record<Exclude<Command['do'], 'wait'>, readonly string[]>> = {
  draft: ['publish'],
  attach: ['publish'],
  detach: ['publish'],
  seal: ['publish'],
  announce: ['publish'],
  announceTogether: ['publish'],
  discard: ['publish'],
  preview: ['publish'],
  endPreview: ['publish'],
  yank: ['promote'],
  unyank: ['promote'],
  rollback: ['promote'],
  promote: ['publish', 'promote'],
  purge: [],
  policy: [],
}

function has(who: Who, action: string): boolean {
  const granted: readonly string[] = ALLOWED[who]
  return granted.includes(action) || granted.includes('admin')
}

function apply(world: World, command: Command): Outcome {
  if (command.do === 'wait') return wait(world, command.hours)
  if (command.who !== 'admin' && !MAY[command.do].some((action) => has(command.who, action))) {
    // An address that leads nowhere says so to everybody.
    const isNowhere =
      command.do === 'endPreview' && world.releases[pickRelease(world, command.pick)]!.previewEnd === null
    return { refused: ['access.denied', ...(isNowhere ? ['preview.not_found'] : [])] }
  }
  switch (command.do) {
    case 'draft':
      return draft(world, command)
    case 'announceTogether':
      return announceTogether(world, command)
    case 'promote':
      return promote(world, command)
    case 'rollback':
      return rollback(world, command)
    case 'policy':
      return editPolicy(world, command)
    default:
      return act(world, command)
  }
}

function isLive(release: ModelRelease, now: number): boolean {
  return release.state === 'draft' && release.reservedUntil !== null && release.reservedUntil > now
}

/** Who holds the ref for good. */
function holderOf(world: World, app: AppName, version: number): number | undefined {
  const at = world.releases.findIndex(
    (r) => r.app === app && r.version === version && r.state !== 'draft' && r.state !== 'discarded',
  )
  return at < 0 ? undefined : at
}

function isReservedByOther(world: World, app: AppName, version: number, self: number): boolean {
  return world.releases.some((r, i) => i !== self && r.app === app && r.version === version && isLive(r, world.now))
}

function draft(world: World, command: Extract<Command, { do: 'draft' }>): Outcome {
  const { app, version, who, key, reserve, prerelease } = command
  const known = VERSIONS[version]!
  if (known.isPrerelease && prerelease === false) refuse('release.prerelease_mismatch')
  const isPrerelease = known.isPrerelease || prerelease === true
  const reservedUntil = reserve ? world.now + RESERVED_HOURS * HOUR : null
  const checkFree = (self: number) => {
    if (holderOf(world, app, version) !== undefined) refuse('release.conflict')
    if (isReservedByOther(world, app, version, self)) refuse('release.reserved')
  }
  const own = world.releases.findIndex(
    (r) => key !== null && r.app === app && r.owner === who && r.key === key && r.state === 'draft',
  )
  if (own >= 0) {
    const release = world.releases[own]!
    if (release.version !== version) refuse('request.idempotency_conflict')
    const events: string[] = []
    if (release.isPrerelease !== isPrerelease) events.push(`release.reworded r${own}`)
    release.isPrerelease = isPrerelease
    if (reservedUntil !== null) {
      checkFree(own)
      release.reservedUntil = reservedUntil
      events.push(`release.reserved r${own}`)
    }
    return { created: false, events }
  }
  const self = world.releases.length
  if (reserve) checkFree(self)
  world.releases.push({
    app,
    version,
    owner: who,
    key,
    createdAt: world.now,
    state: 'draft',
    isPrerelease,
    content: null,
    attachedAt: world.now,
    reservedUntil,
    announcedAt: null,
    previewEnd: null,
  })
  return { created: true, events: [`release.drafted r${self}`] }
}

type Act = Extract<Command, { pick: number }>

function act(world: World, command: Exclude<Act, { do: 'promote' }>): Outcome {
  const self = pickRelease(world, command.pick)
  const release = world.releases[self]!
  const { state } = release
  const nothing: Outcome = { events: [] }
  if (command.do === 'endPreview') return endPreview(world, self)
  // Discarding again is nothing, or finds nothing: the release is gone either way.
  if (state === 'discarded') {
    return command.do === 'discard' ? { events: [], mayFail: 'release.not_found' } : { refused: ['release.not_found'] }
  }
  if (state === 'purged' && command.do !== 'purge') {
    return { refused: ['release.purged', 'release.wrong_state', 'release.sealed', 'release.not_found'] }
  }
  switch (command.do) {
    case 'attach':
      if (state !== 'draft') return { refused: ['release.sealed'] }
      if (release.content === command.content) return { created: false, events: [] }
      if (release.content !== null) return { refused: ['artifact.exists'] }
      release.content = command.content
      release.attachedAt = world.now
      return { created: true, events: ['artifact.attached artifact'] }
    case 'detach':
      if (state !== 'draft') return { refused: ['release.sealed'] }
      if (release.content === null) return { refused: ['artifact.not_found'] }
      release.content = null
      release.attachedAt = release.createdAt
      return { events: ['artifact.detached artifact'] }
    case 'seal':
      return seal(world, self)
    case 'announce':
      if (state === 'announced') return nothing
      if (state !== 'published') return { refused: ['release.wrong_state'] }
      return { events: makeLive(world, [self]) }
    case 'yank':
      return yank(world, self, command.who, command.rollback)
    case 'unyank':
      if (state === 'announced') return nothing
      if (state !== 'yanked') return { refused: ['release.wrong_state'] }
      release.state = 'announced'
      return { events: [`release.unyanked r${self}`] }
    case 'discard':
      if (state !== 'draft' && state !== 'published') return { refused: ['release.wrong_state'] }
      return { events: drop(world, self) }
    case 'purge':
      if (state === 'purged') return nothing
      if (state !== 'announced' && state !== 'yanked') return { refused: ['release.wrong_state'] }
      if (holding(world, self).length > 0) return { refused: ['release.in_use'] }
      release.state = 'purged'
      release.content = null
      return { events: [`release.purged r${self}`] }
    case 'preview': {
      if (state !== 'published') return { refused: ['release.wrong_state'] }
      const created = release.previewEnd === null
      release.previewEnd = world.now + command.days * DAY
      return { created, events: [`preview.${created ? 'created' : 'extended'} r${self}`] }
    }
  }
}

function drop(world: World, self: number): string[] {
  const release = world.releases[self]!
  release.state = 'discarded'
  release.content = null
  release.reservedUntil = null
  if (release.previewEnd !== null) release.previewEnd = Math.min(release.previewEnd, world.now)
  return [`release.discarded r${self}`]
}

function seal(world: World, self: number): Outcome {
  const release = world.releases[self]!
  const { app, version } = release
  if (release.state !== 'draft') return { created: false, events: [] }
  const reasons: string[] = []
  if (release.content === null) reasons.push('release.empty')
  const holder = holderOf(world, app, version)
  if (holder !== undefined) {
    const held = world.releases[holder]!
    if (held.content !== release.content || held.state === 'purged') reasons.push('release.conflict')
    if (reasons.length > 0) return { refused: reasons }
    drop(world, self)
    return { created: false, events: [`release.superseded r${self}`] }
  }
  if (isReservedByOther(world, app, version, self)) reasons.push('release.reserved')
  if (reasons.length > 0) return { refused: reasons }
  release.state = 'published'
  release.reservedUntil = null
  return { created: true, events: [`release.published r${self}`] }
}

function announceTogether(world: World, command: Extract<Command, { do: 'announceTogether' }>): Outcome {
  const members = command.picks.map((pick) => pickRelease(world, pick))
  const input = members.join()
  const key = command.key === null ? null : `${command.who} ${command.key}`
  if (key !== null && world.keys[key] !== undefined) {
    return world.keys[key] === input ? { created: false, events: [] } : { refused: ['request.idempotency_conflict'] }
  }
  const reasons = new Set<string>()
  if (new Set(members).size < members.length) reasons.add('request.invalid')
  for (const at of members) {
    const { state } = world.releases[at]!
    if (state === 'discarded') reasons.add('release.not_found')
    else if (state === 'purged') reasons.add('release.purged').add('release.wrong_state')
    else if (state !== 'published') reasons.add('release.wrong_state')
  }
  if (reasons.size > 0) return { refused: [...reasons] }
  if (key !== null) world.keys[key] = input
  return { created: true, events: makeLive(world, members) }
}

/** All of them at once; then each channel that follows goes to the highest that it takes. */
function makeLive(world: World, members: readonly number[]): string[] {
  const events = [`announcement.created announcement`]
  world.announcements.push([...members])
  for (const at of members) {
    world.releases[at]!.state = 'announced'
    world.releases[at]!.announcedAt = world.now
    events.push(`release.announced r${at}`)
  }
  for (const app of APPS) {
    for (const [name, channel] of channelsOf(world, app)) {
      const { auto, protected: isProtected, movers, allowPrerelease } = channel.policy
      if (auto === null || isProtected || movers.length > 0) continue
      const takes = members.filter((at) => {
        const release = world.releases[at]!
        if (release.app !== app || placeOf(release) === null) return false
        return !release.isPrerelease || (auto === 'prerelease' && allowPrerelease)
      })
      const best = takes.toSorted((x, y) => placeOf(world.releases[y]!)! - placeOf(world.releases[x]!)!)[0]
      if (best === undefined) continue
      if (channel.current !== null && !isBelow(world, channel.current, best)) continue
      events.push(move(channel, app, name, 'auto', best))
    }
  }
  return events
}

function channelsOf(world: World, app: AppName): [ChannelName, ModelChannel][] {
  return CHANNELS.flatMap((name) => {
    const channel = world.channels[app][name]
    return channel ? [[name, channel] as [ChannelName, ModelChannel]] : []
  })
}

function placeOf(release: ModelRelease): number | null {
  return VERSIONS[release.version]!.place
}

/** By version, or by the time of announcement when one of them has no order. */
function isBelow(world: World, a: number, b: number): boolean {
  const [x, y] = [world.releases[a]!, world.releases[b]!]
  const [placeX, placeY] = [placeOf(x), placeOf(y)]
  if (placeX !== null && placeY !== null) return placeX < placeY
  return x.announcedAt! < y.announcedAt!
}

function move(channel: ModelChannel, app: AppName, name: ChannelName, kind: Move['kind'], to: number): string {
  channel.moves.unshift({ kind, from: channel.current, to })
  if (kind !== 'rollback') channel.stack.push(to)
  else if (channel.stack.includes(to)) channel.stack.length = channel.stack.lastIndexOf(to) + 1
  else channel.stack.splice(-1, 1, to)
  channel.current = to
  return `channel.${kind === 'rollback' ? 'rolled_back' : 'promoted'} ${app}/${name}`
}

function holding(world: World, self: number): [AppName, ChannelName, ModelChannel][] {
  return APPS.flatMap((app) =>
    channelsOf(world, app).flatMap(([name, channel]) =>
      channel.current === self ? [[app, name, channel] as [AppName, ChannelName, ModelChannel]] : [],
    ),
  )
}

/** Down the stack from what the channel holds, past what is not live. */
function below(world: World, channel: ModelChannel): number | undefined {
  const under = channel.stack.slice(0, channel.stack.lastIndexOf(channel.current!))
  return under.findLast((at) => at !== channel.current && world.releases[at]!.state === 'announced')
}

/** Why this token may not move the channel; undefined when it may. */
function moverProblem(who: Who, { policy }: Pick<ModelChannel, 'policy'>): string | undefined {
  if (policy.protected && !has(who, 'promote')) return 'channel.protected'
  // `admin` among movers is the role of people, and no token of that name.
  const isNamed = policy.movers.includes(who) && who !== 'admin'
  return policy.movers.length > 0 && !isNamed ? 'channel.mover' : undefined
}

function yank(world: World, self: number, who: Who, withRollback: boolean): Outcome {
  const release = world.releases[self]!
  if (release.state === 'yanked') return { events: [] }
  if (release.state !== 'announced') return { refused: ['release.wrong_state'] }
  const held = holding(world, self)
  if (held.length > 0 && !withRollback) return { refused: ['release.in_use'] }
  release.state = 'yanked'
  const reasons = new Set<string>()
  const events: string[] = []
  for (const [app, name, channel] of held) {
    const problem = moverProblem(who, channel)
    if (problem !== undefined) reasons.add(problem)
    const to = below(world, channel)
    if (to === undefined) reasons.add('channel.nothing_to_roll_back')
    else events.push(move(channel, app, name, 'rollback', to))
  }
  if (reasons.size > 0) return { refused: [...reasons] }
  return { events: [...events, `release.yanked r${self}`] }
}

function endPreview(world: World, self: number): Outcome {
  const release = world.releases[self]!
  if (release.previewEnd === null) return { refused: ['preview.not_found'] }
  const events: string[] = []
  if (release.previewEnd > world.now) {
    release.previewEnd = world.now
    events.push(`preview.ended r${self}`)
  }
  if (release.state === 'published') events.push(...drop(world, self))
  return { events }
}

function newChannel(): ModelChannel {
  const policy: Policy = { protected: false, allowPrerelease: true, allowDowngrade: false, movers: [], auto: null }
  return { current: null, policy, stack: [], moves: [] }
}

function isDecidedOn(channel: ModelChannel | undefined, decidedOn: DecidedOn): boolean {
  if (decidedOn === 'none') return channel === undefined || channel.current === null
  return decidedOn === 'present'
}

/** Why a release cannot go into a channel of the app, whatever its policy. */
function targetProblems(release: ModelRelease, app: AppName): string[] {
  if (release.app !== app || release.state === 'draft' || release.state === 'discarded') return ['release.not_found']
  if (release.state === 'purged') return ['release.purged', 'release.wrong_state']
  return release.state === 'announced' ? [] : ['release.wrong_state']
}

function promote(world: World, command: Extract<Command, { do: 'promote' }>): Outcome {
  const { app, channel: name, who, onlyNewer, decidedOn } = command
  const self = pickRelease(world, command.pick)
  const release = world.releases[self]!
  const existing = world.channels[app][name]
  const channel = existing ?? newChannel()
  if (decidedOn === 'nothing') return { refused: ['request.precondition_required'] }
  const reasons = targetProblems(release, app)
  if (!isDecidedOn(existing, decidedOn)) reasons.push('channel.stale')
  const problem = moverProblem(who, channel)
  if (problem !== undefined) reasons.push(problem)
  if (reasons.length > 0) return { refused: reasons }
  if (channel.current === self) return { moved: false, events: [] }
  if (release.isPrerelease && !channel.policy.allowPrerelease) reasons.push('channel.prerelease')
  if (channel.current !== null && isBelow(world, self, channel.current)) {
    if (onlyNewer) reasons.push('channel.not_newer')
    if (!channel.policy.allowDowngrade) reasons.push('channel.downgrade')
  }
  if (reasons.length > 0) return { refused: reasons }
  world.channels[app][name] = channel
  return { moved: true, events: [move(channel, app, name, 'promote', self)] }
}

function rollback(world: World, command: Extract<Command, { do: 'rollback' }>): Outcome {
  const { app, channel: name, who, decidedOn } = command
  const channel = world.channels[app][name]
  if (decidedOn === 'nothing') return { refused: ['request.precondition_required'] }
  if (!channel) return { refused: ['channel.not_found', 'channel.stale'] }
  const reasons: string[] = []
  if (!isDecidedOn(channel, decidedOn)) reasons.push('channel.stale')
  const problem = moverProblem(who, channel)
  if (problem !== undefined) reasons.push(problem)
  if (channel.current === null) return { refused: [...reasons, 'channel.nothing_to_roll_back'] }
  const to = command.to === null ? below(world, channel) : pickRelease(world, command.to)
  if (to === undefined) reasons.push('channel.nothing_to_roll_back')
  else reasons.push(...targetProblems(world.releases[to]!, app))
  if (reasons.length > 0) return { refused: reasons }
  if (to === channel.current) return { moved: false, events: [] }
  // What the channel never held passes its policy now; that it is lower is what a rollback is.
  const wasHeld = channel.moves.some((move) => move.to === to)
  if (!wasHeld && world.releases[to!]!.isPrerelease && !channel.policy.allowPrerelease) refuse('channel.prerelease')
  return { moved: true, events: [move(channel, app, name, 'rollback', to!)] }
}

function editPolicy(world: World, command: Extract<Command, { do: 'policy' }>): Outcome {
  const { app, channel: name, policy } = command
  const existing = world.channels[app][name]
  const channel = existing ?? newChannel()
  const next = { ...channel.policy, ...policy }
  if (existing && JSON.stringify(next) === JSON.stringify(channel.policy)) return { events: [] }
  channel.policy = next
  world.channels[app][name] = channel
  return { events: [`channel.edited ${app}/${name}`] }
}

/** Time passes, and then the server looks after what is over. */
function wait(world: World, hours: number): Outcome {
  world.now += hours * HOUR
  const events: string[] = []
  for (const [at, release] of world.releases.entries()) {
    const touched = Math.max(release.createdAt, release.attachedAt)
    const isStaleDraft =
      release.state === 'draft' && !isLive(release, world.now) && touched < world.now - DRAFT_DAYS * DAY
    const isStalePreview =
      release.state === 'published' && release.previewEnd !== null && release.previewEnd <= world.now
    if (isStaleDraft || isStalePreview) events.push(...drop(world, at))
  }
  return { events }
}

/** What everybody can see of a world. Releases are named by their number. */
export interface View {
  readonly releases: readonly {
    readonly state: State
    readonly reservedUntil: number | null
    readonly isPrerelease: boolean
    readonly content: number | null
  }[]
  readonly apps: Readonly<
    Record<
      AppName,
      {
        readonly list: readonly string[]
        readonly latest: string | null
        readonly holders: Readonly<Record<string, number>>
        readonly channels: Readonly<Record<string, string | null>>
        readonly moves: Readonly<Record<string, readonly { kind: string; from: string | null; to: string }[]>>
        readonly announcements: readonly string[]
      }
    >
  >
}

export function viewOf(world: World): View {
  const refAt = (at: number) => refOf(world.releases[at]!.version)
  return {
    releases: world.releases.map(({ state, reservedUntil, isPrerelease, content }) => ({
      state,
      reservedUntil,
      isPrerelease,
      content,
    })),
    apps: Object.fromEntries(
      APPS.map((app) => {
        const live = world.releases.filter((r) => r.app === app && r.state === 'announced')
        const ordered = live.filter((r) => placeOf(r) !== null).sort((x, y) => placeOf(y)! - placeOf(x)!)
        const others = live.filter((r) => placeOf(r) === null)
        const newestFirst = (x: ModelRelease, y: ModelRelease) =>
          y.announcedAt! - x.announcedAt! || world.releases.indexOf(y) - world.releases.indexOf(x)
        const latest = ordered.find((r) => !r.isPrerelease)
        const channels = channelsOf(world, app)
        const held = world.releases.flatMap((r, at) =>
          r.app === app && r.state !== 'draft' && r.state !== 'discarded' ? [[refOf(r.version), at] as const] : [],
        )
        const view: View['apps'][AppName] = {
          list: [...ordered, ...others.sort(newestFirst)].map((r) => refOf(r.version)),
          latest: latest === undefined ? null : refOf(latest.version),
          holders: Object.fromEntries(held),
          channels: Object.fromEntries(
            channels.map(([name, { current }]) => [name, current === null ? null : refAt(current)]),
          ),
          moves: Object.fromEntries(
            channels.map(([name, { moves }]) => [
              name,
              moves.map(({ kind, from, to }) => ({ kind, from: from === null ? null : refAt(from), to: refAt(to) })),
            ]),
          ),
          announcements: world.announcements
            .filter((members) => members.some((at) => world.releases[at]!.app === app))
            .map((members) => members.map((at) => `${world.releases[at]!.app} ${refAt(at)}`).join(', '))
            .reverse(),
        }
        return [app, view]
      }),
    ) as View['apps'],
  }
}

/** What the URLs of release number `at` answer to a stranger: of its set, its preview, and the ref if it holds it. */
export function statusesOf(world: World, at: number): { set: number; preview: number | null } {
  const release = world.releases[at]!
  const isGone = release.state === 'discarded'
  const set = isGone ? 404 : release.state === 'purged' ? 410 : release.content === null ? 404 : 200
  if (release.previewEnd === null) return { set, preview: null }
  return { set, preview: !isGone && release.state !== 'purged' && release.previewEnd > world.now ? 200 : 410 }
}

/** What the URL of a ref answers: 200 with the bytes of its holder, 410 for a tombstone, 404 when nobody holds it. */
export function statusOfRef(world: World, app: AppName, version: number): { status: number; content: number | null } {
  const holder = holderOf(world, app, version)
  if (holder === undefined) return { status: 404, content: null }
  const { state, content } = world.releases[holder]!
  return state === 'purged' ? { status: 410, content: null } : { status: 200, content }
}
