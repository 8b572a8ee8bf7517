import { cutText } from '../src/bytes/cut-text.ts'
import { DistError } from '../src/errors.ts'
import { isId } from '../src/model/ids.ts'

/** The word that names a share link on the command line. */
export const SHARE_ARGS = { share: { help: 'id of the share link' } } as const

/** Advice for commands about one share link. */
export const SHARE_HINTS = { 'share.not_found': 'Run "dist share list" to see them' } as const

/**
 * Id of a share link, which its URL holds too: whoever finds one can end it.
 * @throws DistError `usage.invalid`
 */
export function shareId(text: string): string {
  const id = text
    .replace(/[/?#]+$/, '')
    .split('/')
    .at(-1)!
    .split('.')[0]!
  if (isId('share', id)) return id
  throw new DistError('usage.invalid', `Cannot use ${JSON.stringify(cutText(text, 100))} as id of a share link`, {
    hint: 'Run "dist share list" to see the ids',
  })
}

/** API path of a share link. @throws DistError `usage.invalid` */
export function sharePath({ share }: { readonly share: string }): string {
  return `/shares/${shareId(share)}`
}
