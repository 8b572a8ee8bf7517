import type { ChannelRecord } from '../store/channels.ts'

/** Strong validator of a channel: changes with every move and every policy change. */
export function channelEtag(channel: ChannelRecord): string {
  return `"channel-${channel.revision}"`
}

/** What a request demands of the channel's present state, from If-Match or If-None-Match. */
export type Precondition = { readonly kind: 'match'; readonly etags: readonly string[] } | { readonly kind: 'absent' }

/** Whether the state is still the one that the caller decided on. */
export function holds(condition: Precondition, channel: ChannelRecord | undefined): boolean {
  if (condition.kind === 'absent') return channel === undefined || channel.releaseId === null
  if (channel === undefined) return false
  return condition.etags.includes(channelEtag(channel))
}
