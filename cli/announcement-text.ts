import type { Announcement } from '../src/model/announcement.ts'
import { age } from './age.ts'
import { fields } from './fields.ts'
import { quoted } from './release-text.ts'
import { table } from './width.ts'

/** An announcement for people: its facts, what it made live, and what it says. */
export function announcementText(announcement: Announcement, nowMs: number): string {
  const facts = fields({
    announcement: announcement.id,
    title: announcement.title,
    created: `${announcement.createdAt} (${age(announcement.createdAt, nowMs)})`,
    page: announcement.url,
  })
  const releases = table(
    ['APP', 'RELEASE', 'STATE', 'PAGE'],
    announcement.releases.map((release) => [
      release.app,
      release.ref,
      release.prerelease ? `${release.state} pre` : release.state,
      release.url,
    ]),
  )
  const body = announcement.body.trim() === '' ? '' : `\n${quoted(announcement.body.trimEnd())}`
  return `${facts}\n${releases}${body}`
}
