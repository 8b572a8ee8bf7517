import { Announcement, type CreateAnnouncement } from '../src/model/announcement.ts'
import type { Client } from './client.ts'

/**
 * Makes published releases live together: all of them, or none.
 * @param idempotencyKey the same key with the same input finds the announcement that was made before, also by another
 *   process; a random one by default, which covers a lost answer
 * @throws DistError release.not_found, release.wrong_state naming the release that is not published, access.denied
 */
export function createAnnouncement(
  client: Client,
  input: CreateAnnouncement,
  options: { readonly idempotencyKey?: string } = {},
): Promise<Announcement> {
  return client.post(Announcement, '/announcements', input, options)
}
