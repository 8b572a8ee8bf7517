import type { GrantBasis } from '../../access/grants.ts'
import { can } from '../../access/policy.ts'
import { isUsedUp } from '../../access/shares.ts'
import type { RequestContext } from '../context.ts'
import { sharesFor } from '../shared-download.ts'

/** By what right whoever asks has what he asks for: what he is granted ends with it. */
export function grantBasis({ actor, object }: Pick<RequestContext, 'actor' | 'object'>): GrantBasis {
  if (actor.kind === 'grant') return actor.grant.basis
  // The link that was made last of those that have a download left, as downloads are counted.
  const shares = [...sharesFor({ actor, object })].sort((a, b) => (a.id < b.id ? 1 : -1))
  const share = shares.find((link) => !isUsedUp(link)) ?? shares[0]
  if (share !== undefined) return share.id
  const hidden = 'visibility' in object ? ({ ...object, visibility: 'private' } as const) : object
  return can(actor, 'release.read', hidden) ? 'right' : 'visibility'
}
