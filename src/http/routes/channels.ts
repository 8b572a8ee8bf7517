import { channelEtag, type Precondition } from '../../channels/etag.ts'
import { editChannel, type Moved, promoteChannel, rollbackChannel } from '../../channels/move.ts'
import { DistError } from '../../errors.ts'
import {
  Channel,
  ChannelMove,
  ChannelName,
  EditChannel,
  MoveOutcome,
  PromoteChannel,
  RollbackChannel,
} from '../../model/channel.ts'
import { PageOf } from '../../model/page.ts'
import { isReservedChannel } from '../../model/reserved.ts'
import { findChannel, listChannels, listMoves } from '../../store/channels.ts'
import type { RequestContext } from '../context.ts'
import { matchesEtag } from '../etag.ts'
import { json } from '../json.ts'
import { decodeCursor, decodeNumberCursor, ListQuery, pageJson, pageOf } from '../lists.ts'
import { presentChannel, seesNames } from '../present.ts'
import { route } from '../route.ts'

/** @throws DistError request.precondition_required when the request says nothing of the state that it was decided on */
function preconditionOf(request: Request): Precondition {
  const match = request.headers.get('if-match')
  if (match?.trim() === '*') {
    throw new DistError('request.precondition_required', 'If-Match must name the ETag that was read; * would be any')
  }
  if (match !== null) return { kind: 'match', etags: match.split(',').map((tag) => tag.trim()) }
  if (request.headers.get('if-none-match')?.trim() === '*') return { kind: 'absent' }
  throw new DistError('request.precondition_required')
}

function writableName(name: string): string {
  if (isReservedChannel(name)) throw new DistError('channel.reserved_name', `Cannot use "${name}" as a channel name`)
  if (!ChannelName.safeParse(name).success) throw new DistError('channel.not_found')
  return name
}

function moveAnswer(context: RequestContext, moved: Moved): Response {
  const outcome = {
    channel: presentChannel(context, context.app, moved.channel),
    moved: moved.moved,
    previous: moved.previous,
    checks: moved.checks,
    changes: moved.changes,
  }
  // A channel that a dry run would create has no state to go by.
  return json(outcome, 200, moved.channel.revision === 0 ? {} : { ETag: channelEtag(moved.channel) })
}

/** A move says what it decided on: one of the two fields, else 428. */
const MOVE = { reads: ['If-Match', 'If-None-Match'], sends: ['ETag'] } as const

export const channelRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/channels',
    action: 'channel.read',
    object: 'app',
    summary: 'List the channels of an app',
    query: ListQuery,
    response: PageOf(Channel),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor } = context.query
      const { deps, app } = context
      const rows = await listChannels(deps.store.reads, app.id, { after: decodeCursor(cursor), limit: limit + 1 })
      const page = pageOf(
        rows,
        limit,
        (channel) => channel.name,
        (channel) => presentChannel(context, app, channel),
      )
      return pageJson(context, page)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/channels/:channel',
    action: 'channel.read',
    object: 'channel',
    summary: 'Read a channel; its ETag is what moving it needs',
    response: Channel,
    reads: ['If-None-Match'],
    sends: ['ETag'],
    answers: { 304: 'As the client has it' },
    async handle(context) {
      const channel = findChannel(context.deps.store, context.app.id, context.params.channel!)
      if (!channel) throw new DistError('channel.not_found')
      const headers = {
        ETag: channelEtag(channel),
        'Cache-Control': 'private, no-cache',
        Vary: 'Authorization, Cookie',
      }
      if (matchesEtag(context.request.headers.get('if-none-match'), headers.ETag)) {
        return new Response(null, { status: 304, headers })
      }
      return json(presentChannel(context, context.app, channel), 200, headers)
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/apps/:app/channels/:channel',
    action: 'channel.edit',
    stepUp: true,
    object: 'channel',
    summary: 'Change parts of a channel policy; configures a channel that does not exist yet',
    body: EditChannel,
    response: Channel,
    sends: ['ETag'],
    async handle(context) {
      const name = writableName(context.params.channel!)
      const channel = await editChannel(context.deps, context.app, name, context.body, context.cause)
      return json(presentChannel(context, context.app, channel), 200, { ETag: channelEtag(channel) })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/channels/:channel/moves',
    action: 'channel.read',
    object: 'channel',
    summary: 'History of a channel, newest first',
    query: ListQuery,
    response: PageOf(ChannelMove),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor } = context.query
      const before = decodeNumberCursor(cursor)
      if (!findChannel(context.deps.store, context.app.id, context.params.channel!)) {
        throw new DistError('channel.not_found')
      }
      const rows = await listMoves(context.deps.store.reads, context.app.id, context.params.channel!, before, limit + 1)
      const page = pageOf(
        rows,
        limit,
        (row) => row.seq,
        ({ seq: _seq, toReleaseId: _id, toState: _state, ...move }) =>
          seesNames(context.actor, context.app) ? move : { ...move, actor: move.actor.split(':')[0]!, reason: null },
      )
      return pageJson(context, page)
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/channels/:channel/actions/promote',
    action: 'channel.promote',
    object: 'channel',
    summary: 'Point a channel at an announced release, if its policy allows it',
    body: PromoteChannel,
    response: MoveOutcome,
    ...MOVE,
    async handle(context) {
      const name = writableName(context.params.channel!)
      const condition = preconditionOf(context.request)
      const { deps, actor, app, body, cause } = context
      return moveAnswer(context, await promoteChannel(deps, actor, app, name, body, condition, cause))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/channels/:channel/actions/rollback',
    action: 'channel.rollback',
    object: 'channel',
    summary: 'Go back to a given release, or down the history of the channel',
    body: RollbackChannel,
    response: MoveOutcome,
    ...MOVE,
    async handle(context) {
      const name = writableName(context.params.channel!)
      const condition = preconditionOf(context.request)
      const { deps, actor, app, body, cause } = context
      return moveAnswer(context, await rollbackChannel(deps, actor, app, name, body, condition, cause))
    },
  }),
]
