import { DistError } from '../../src/errors.ts'
import { Channel } from '../../src/model/channel.ts'
import { Release } from '../../src/model/release.ts'
import { channelPath } from '../channel-etag.ts'
import type { Client } from '../client.ts'
import { readRelease } from '../find-release.ts'
import { releasePath } from '../release-path.ts'
import type { Target } from './target.ts'

/** The release that a target names now. @throws DistError the server's code; `release.not_found` for a channel without one */
export async function resolveTarget(client: Client, target: Target): Promise<Release> {
  const { app, channel: name, ref } = target
  if (name !== undefined) {
    const channel = await findChannel(client, app, name, ref !== undefined)
    if (channel !== undefined) {
      if (channel.releaseId === null || channel.current === null) {
        throw new DistError(
          'release.not_found',
          `Cannot download from channel "${name}" of "${app}": it has no release yet`,
        )
      }
      return client.get(Release, releasePath({ app, ref: channel.current }))
    }
  }
  if (ref === undefined) throw new DistError('channel.not_found')
  return readRelease(client, { app, ref })
}

async function findChannel(client: Client, app: string, channel: string, orRef: boolean): Promise<Channel | undefined> {
  try {
    return await client.get(Channel, channelPath({ app, channel }))
  } catch (error) {
    if (orRef && error instanceof DistError && error.code === 'channel.not_found') return undefined
    throw error
  }
}
