import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Announcement } from '../model/announcement.ts'
import { announcementFeed, MAX_ENTRIES, MAX_ENTRY_TEXT } from './announcement-feed.ts'

const APP = {
  id: 'app_01m7xpe600r53abvwq1q44a6t6',
  name: 'Acme Notes',
  owner: null,
  createdAt: '2026-01-01T00:00:00.000Z',
} as const

function releaseOf(
  ref: string,
  more: Partial<Announcement['releases'][number]> = {},
): Announcement['releases'][number] {
  const facts = { version: ref, build: null, prerelease: false, state: 'announced' } as const
  return { app: 'notes', name: 'Acme Notes', ref, ...facts, url: `https://dist.example/notes/releases/${ref}`, ...more }
}

function announcementOf(more: Partial<Announcement> = {}): Announcement {
  const id = 'ann_01m7xpe600cc357b4s482ae47w'
  const createdAt = '2026-11-21T00:00:00.000Z'
  const url = `https://dist.example/notes/announcements/${id}`
  return { id, title: null, body: '', createdAt, url, releases: [releaseOf('1.0.0')], ...more }
}

const feedOf = (announcement: Announcement, notes: string[] = [], goneAt: string | null = null) =>
  announcementFeed(APP, [{ announcement, notes, goneAt }], 'https://dist.example/notes/announcements')
const contentOf = (announcement: Announcement, notes: string[] = []) =>
  /<content type="text">([\s\S]*)<\/content>/.exec(feedOf(announcement, notes))![1]

test('announcementFeed() is this document, byte for byte', () => {
  const announcement = announcementOf({
    title: 'Sync & more',
    body: 'Your <notes>.',
    releases: [releaseOf('1.0.0'), releaseOf('0.9.0', { state: 'yanked' }), releaseOf('0.8.0', { state: 'purged' })],
  })
  assert.equal(
    feedOf(announcement),
    `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>urn:uuid:01a1fb67-1800-c146-a5ef-970dc8451b46</id>
<title>Acme Notes: announcements</title>
<updated>2026-11-21T00:00:00.000Z</updated>
<author>
<name>Acme Notes</name>
</author>
<link rel="self" type="application/atom+xml" href="https://dist.example/notes/announcements.atom"/>
<link rel="alternate" type="text/html" href="https://dist.example/notes/announcements"/>
<entry>
<id>urn:uuid:01a1fb67-1800-6306-53ac-992204a710fc</id>
<title>Sync &amp; more</title>
<published>2026-11-21T00:00:00.000Z</published>
<updated>2026-11-21T00:00:00.000Z</updated>
<link rel="alternate" type="text/html" href="https://dist.example/notes/announcements/ann_01m7xpe600cc357b4s482ae47w"/>
<link rel="related" type="text/html" title="Acme Notes 1.0.0" href="https://dist.example/notes/releases/1.0.0"/>
<content type="text">Your &lt;notes&gt;.

Acme Notes 0.9.0 was yanked.

Acme Notes 0.8.0 was purged.</content>
</entry>
</feed>
`,
  )
})

test('an entry without a text says the notes of its releases, or at least what became live', () => {
  const two = announcementOf({ releases: [releaseOf('1.0.0'), releaseOf('2.0.0', { app: 'sync', name: 'Acme Sync' })] })
  assert.equal(contentOf(announcementOf({ body: 'said' }), ['notes']), 'said')
  assert.equal(contentOf(announcementOf(), ['What is new\n']), 'What is new')
  assert.equal(contentOf(announcementOf({ body: ' \n' }), ['What is new']), 'What is new')
  assert.equal(contentOf(two, ['a', 'b']), 'Acme Notes 1.0.0\n\na\n\nAcme Sync 2.0.0\n\nb')
  assert.equal(contentOf(two, ['', 'b']), 'Acme Sync 2.0.0\n\nb')
  assert.equal(contentOf(two), 'Acme Notes 1.0.0\nAcme Sync 2.0.0')
})

test('a long text is cut between characters and says so', () => {
  assert.equal(contentOf(announcementOf({ body: 'x'.repeat(MAX_ENTRY_TEXT) })), 'x'.repeat(MAX_ENTRY_TEXT))
  const parted = `${'x'.repeat(MAX_ENTRY_TEXT - 1)}😀`
  assert.equal(contentOf(announcementOf({ body: parted })), `${'x'.repeat(MAX_ENTRY_TEXT - 1)}…`)
})

test('many releases make a short title, and many announcements a feed of the newest', () => {
  const many = announcementOf({ releases: ['1', '2', '3', '4', '5'].map((ref) => releaseOf(ref)) })
  assert.ok(feedOf(many).includes('<title>Acme Notes 1, Acme Notes 2, Acme Notes 3 and 2 more</title>'))
  const entries = Array.from({ length: MAX_ENTRIES + 5 }, () => ({
    announcement: announcementOf(),
    notes: [],
    goneAt: null,
  }))
  assert.equal(announcementFeed(APP, entries, 'https://dist.example/a').split('<entry>').length - 1, MAX_ENTRIES)
})

test('an entry is updated when one of its releases goes, and is left out when none is announced', () => {
  const half = announcementOf({ releases: [releaseOf('1.0.0'), releaseOf('0.9.0', { state: 'yanked' })] })
  const updates = (text: string) => [...text.matchAll(/<updated>(.*)<\/updated>/g)].map(([, at]) => at)
  assert.deepEqual(updates(feedOf(half)), ['2026-11-21T00:00:00.000Z', '2026-11-21T00:00:00.000Z'])
  const later = '2026-11-22T00:00:00.000Z'
  assert.deepEqual(updates(feedOf(half, [], later)), [later, later])
  const gone = announcementOf({ releases: [releaseOf('0.9.0', { state: 'yanked' })] })
  assert.ok(!feedOf(gone, [], later).includes('<entry>'))
})

test('a feed without entries was updated when its app came to be, and the owner speaks where there is one', () => {
  const empty = announcementFeed({ ...APP, owner: 'acme' }, [], 'https://dist.example/notes/announcements')
  assert.ok(empty.includes('<updated>2026-01-01T00:00:00.000Z</updated>'))
  assert.ok(empty.includes('<name>acme</name>'))
})
