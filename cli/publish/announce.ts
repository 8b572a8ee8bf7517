import { DistError } from '../../src/errors.ts'
import { Release } from '../../src/model/release.ts'
import type { Client } from '../client.ts'
import { optional } from '../optional.ts'
import { releasePath } from '../release-path.ts'

/** Makes a published release live; one that is past that stays as it is. @throws DistError release.wrong_state */
export async function announceRelease(client: Client, release: Release): Promise<Release> {
  if (release.state !== 'published') return release
  const path = releasePath({ app: release.app, ref: release.ref })
  const announced = await optional(client.post(Release, `${path}/actions/announce`, {}), 'release.wrong_state')
  if (announced) return announced
  const now = await client.get(Release, path)
  if (now.state === 'announced') return now
  throw new DistError('release.wrong_state', `Cannot announce release "${release.ref}": status is "${now.state}"`)
}
