import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTestApp } from '../../test/helpers/test-app.ts'
import { createId } from '../model/ids.ts'
import type { ReleaseState } from '../model/release.ts'
import { isSemverPrerelease, sortKey } from '../model/version.ts'
import { changeRelease, findLatestRelease, insertRelease, type ReleaseRecord } from '../store/releases.ts'
import { latestOf } from './latest.ts'

const WAY: Readonly<Record<string, readonly ReleaseState[]>> = {
  draft: [],
  published: ['published'],
  announced: ['published', 'announced'],
  yanked: ['published', 'announced', 'yanked'],
  discarded: ['discarded'],
}

interface Sketch {
  readonly version: string
  readonly state: string
  readonly prerelease: boolean
  readonly minute: number
}

const sketch: fc.Arbitrary<Sketch> = fc.record({
  version: fc.constantFrom(
    '1',
    '1.0',
    '1.0.0',
    '1.2',
    '1.2.0',
    '1.10.0',
    '2.0.0-rc.1',
    '2.0.0',
    '2.0.0.1',
    'nightly',
    '10',
  ),
  state: fc.constantFrom(...Object.keys(WAY)),
  prerelease: fc.boolean(),
  minute: fc.integer({ min: 0, max: 3 }),
})

test('latestOf() equals the SQL of findLatestRelease() on random sets of releases', async () => {
  const app = await createTestApp()
  const { secret } = await app.issue({ actions: ['admin'] })
  const { store } = app.deps
  try {
    let n = 0
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(sketch, { selector: (s) => s.version, maxLength: 8 }), async (sketches) => {
        const created = await app.ask('POST', '/api/v1/apps', { token: secret, body: { slug: `app-${n++}` } })
        const releases: ReleaseRecord[] = []
        await store.write(async (tx) => {
          for (const { version, state, prerelease, minute } of sketches) {
            const at = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()
            const draft: ReleaseRecord = {
              id: createId('release', 0, app.deps.random(10)),
              appId: created.json.id,
              version,
              build: null,
              ref: version,
              sortKey: sortKey(version, null),
              tag: null,
              prerelease: prerelease || isSemverPrerelease(version),
              state: 'draft',
              notes: '',
              source: {},
              setId: createId('release', 1, app.deps.random(10)),
              idempotencyKey: null,
              contentDigest: null,
              createdAt: at,
              createdBy: 'system',
              publishedAt: null,
              announcedAt: null,
              yankedAt: null,
              yankReason: null,
              reservedUntil: null,
              purgedAt: null,
              purgeReason: null,
            }
            await insertRelease(tx, draft)
            let from: ReleaseState = 'draft'
            for (const to of WAY[state]!) {
              await changeRelease(tx, draft.id, from, { state: to, ...(to === 'announced' ? { announcedAt: at } : {}) })
              from = to
            }
            releases.push({ ...draft, state: from, announcedAt: WAY[state]!.includes('announced') ? at : null })
          }
        })
        const found = findLatestRelease(store, created.json.id)
        assert.equal(found?.ref, latestOf(releases)?.ref)
        assert.equal(
          latestOf(releases.toReversed())?.id,
          latestOf(releases)?.id,
          'the order of the input does not count',
        )
      }),
      { numRuns: 60 },
    )
  } finally {
    await app.close()
  }
})

test('latestOf() follows S2-23: a backport and a prerelease do not take it', () => {
  const make = (version: string, state: ReleaseState = 'announced', announcedAt = '2026-01-01') => ({
    id: `rel_${version}` as const,
    state,
    prerelease: isSemverPrerelease(version),
    sortKey: sortKey(version, null),
    announcedAt,
  })
  const of = (...releases: ReturnType<typeof make>[]) => latestOf(releases)?.id
  assert.equal(of(), undefined)
  assert.equal(of(make('2.0.0'), make('1.0.1', 'announced', '2026-02-02')), 'rel_2.0.0')
  assert.equal(of(make('2.0.0'), make('3.0.0-rc.1')), 'rel_2.0.0')
  assert.equal(of(make('3.0.0-rc.1')), undefined)
  assert.equal(of(make('2.0.0', 'yanked'), make('1.0.0')), 'rel_1.0.0')
  assert.equal(of(make('2.0.0', 'published')), undefined)
  assert.equal(of(make('nightly')), undefined)
  assert.equal(of(make('1.2'), make('1.2.0', 'announced', '2026-02-02')), 'rel_1.2.0', 'same place: the later one')
})
