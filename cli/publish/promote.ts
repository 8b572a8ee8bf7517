import { z } from 'zod'
import { DistError } from '../../src/errors.ts'
import { Channel, ChannelMove, MoveCheck, MoveOutcome } from '../../src/model/channel.ts'
import { PageOf } from '../../src/model/page.ts'
import type { PublishResult } from '../../src/model/publish-result.ts'
import { type Client, HttpFailure, segment } from '../client.ts'

/** How often somebody else may win the race for the channel before we give up. */
const MAX_RACES = 5

export type ChannelResult = NonNullable<PublishResult['channel']>

/**
 * Moves a channel to a release that is published, never to a lower version.
 *
 * A refusal is a result with a `reason`, because the release is out whatever the channel does; so is a race lost too
 * often.
 * @throws DistError when the server cannot be reached
 */
export async function promoteNewer(client: Client, app: string, name: string, ref: string): Promise<ChannelResult> {
  const path = `/apps/${segment(app)}/channels/${segment(name)}`
  for (let race = 0; ; race++) {
    const held = await findChannel(client, path)
    const previous = held?.channel.current ?? null
    if (held && held.channel.current === ref) {
      const checks = await checksOfMove(client, path, ref)
      return resultOf({ channel: held.channel, previous, moved: false, checks })
    }
    try {
      // What is compared is what was read: whoever moved it since then is not overruled.
      const headers: Record<string, string> = held ? { 'if-match': held.etag } : { 'if-none-match': '*' }
      const body = { release: ref, onlyNewer: true }
      const outcome = await client.post(MoveOutcome, `${path}/actions/promote`, body, { headers })
      return resultOf(outcome)
    } catch (error) {
      if (!(error instanceof HttpFailure) || error.status >= 500) throw error
      if (error.status === 412 && race < MAX_RACES) continue
      const now = (await findChannel(client, path).catch(() => undefined))?.channel
      return {
        name,
        previous: now?.current ?? previous,
        current: now?.current ?? previous,
        moved: false,
        checks: checksIn(error.details),
        reason: { code: error.code, message: error.message },
        installUrl: now?.installUrl ?? `${client.server.href.replace(/\/$/, '')}/${segment(app)}/${segment(name)}`,
        qrUrl: now?.qrUrl ?? `${client.server.href.replace(/\/$/, '')}/${segment(app)}/${segment(name)}/qr.svg`,
      }
    }
  }
}

/** What stood against the move, where the policy refused it. */
function checksIn(details: unknown): MoveCheck[] {
  return z.object({ checks: z.array(MoveCheck) }).safeParse(details).data?.checks ?? []
}

/** What was found when the channel came to this release, for a job that is run again. */
async function checksOfMove(client: Client, path: string, ref: string): Promise<MoveCheck[]> {
  const { items } = await client.get(PageOf(ChannelMove), `${path}/moves?limit=1`)
  return items[0]?.to === ref ? items[0].checks : []
}

function resultOf({ channel, previous, moved, checks }: Omit<MoveOutcome, 'changes'>): ChannelResult {
  const { name, current, installUrl, qrUrl } = channel
  return { name, previous, current, moved, checks, reason: null, installUrl, qrUrl }
}

/** The channel and its ETag; undefined when it does not exist. */
async function findChannel(client: Client, path: string): Promise<{ channel: Channel; etag: string } | undefined> {
  try {
    const { value, headers } = await client.request(Channel, 'GET', path)
    const etag = headers.get('etag')
    if (etag === null)
      throw new DistError('server.nonsense', `Cannot move the channel: the server gave no ETag for ${path}`)
    return { channel: value, etag }
  } catch (error) {
    if (error instanceof DistError && error.code === 'channel.not_found') return undefined
    throw error
  }
}
