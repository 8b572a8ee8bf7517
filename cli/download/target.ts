import { cutText } from '../../src/bytes/cut-text.ts'
import { DistError } from '../../src/errors.ts'
import { ChannelName } from '../../src/model/channel.ts'
import { isId } from '../../src/model/ids.ts'
import { parseRef } from '../../src/model/version.ts'

/**
 * What `<app>[@channel|@ref]` names.
 *
 * `latest` is the release that the server calls latest; a text that can be a channel is tried as one first, because
 * a channel is the commoner wish and a version such as `2` can be asked for as a release id or `2+build`.
 */
export interface Target {
  readonly app: string
  /** Name of a channel to try first; undefined when the text cannot be one. */
  readonly channel: string | undefined
  /** Release ref, release id or `latest`; undefined when the text can only be a channel. */
  readonly ref: string | undefined
}

/** @throws DistError `usage.invalid` */
export function parseTarget(text: string): Target {
  const at = text.indexOf('@')
  const app = at < 0 ? text : text.slice(0, at)
  const rest = at < 0 ? 'latest' : text.slice(at + 1)
  // Reserved words are left to the server: it answers that there is no such app.
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(app)) throw malformed(text)
  if (rest === 'latest' || isId('release', rest)) return { app, channel: undefined, ref: rest }
  const channel = ChannelName.safeParse(rest).success ? rest : undefined
  const ref = isRef(rest) ? rest : undefined
  if (channel === undefined && ref === undefined) throw malformed(text)
  return { app, channel, ref }
}

function isRef(text: string): boolean {
  try {
    parseRef(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function malformed(text: string): DistError {
  return new DistError('usage.invalid', `Cannot read ${JSON.stringify(cutText(text, 200))} as app and release`, {
    hint: 'Write app, app@channel, app@version or app@version+build',
  })
}
