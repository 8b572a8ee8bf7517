import { DistError } from '../src/errors.ts'
import { Channel } from '../src/model/channel.ts'
import { type Client, segment } from './client.ts'

export function channelPath(args: { readonly app: string; readonly channel: string }): string {
  return `/apps/${segment(args.app)}/channels/${segment(args.channel)}`
}

/**
 * The condition under which a channel may be moved: it is as we saw it, or does not exist yet.
 * @param expected ref that it must hold now; undefined: any
 * @throws DistError `channel.stale` when it holds another; the server's code when the app is not there
 */
export async function moveCondition(
  client: Client,
  path: string,
  expected: string | undefined,
): Promise<Record<string, string>> {
  let current: string | null = null
  let headers: Record<string, string> = { 'if-none-match': '*' }
  try {
    const answer = await client.request(Channel, 'GET', path)
    const etag = answer.headers.get('etag')
    if (etag === null)
      throw new DistError('server.nonsense', `Cannot move the channel: the server gave no ETag for ${path}`)
    headers = { 'if-match': etag }
    current = answer.value.current
  } catch (error) {
    if (!(error instanceof DistError) || error.code !== 'channel.not_found') throw error
  }
  if (expected !== undefined && expected !== current) {
    const why =
      current === null
        ? `it holds no release, and "${expected}" was expected`
        : `it is at "${current}", not at "${expected}"`
    throw new DistError('channel.stale', `Cannot move the channel: ${why}`)
  }
  return headers
}
