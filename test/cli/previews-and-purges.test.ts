import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Preview, PreviewOutcome } from '../../src/model/preview.ts'
import { Tombstone } from '../../src/model/release.ts'
import { type DistRun, dist } from '../helpers/dist.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { draft, release } from '../helpers/test-app.ts'
import { textFile } from '../helpers/text-file.ts'

interface World {
  readonly app: ServedApp
  readonly token: string
  /** Runs with the token of an admin. */
  readonly dist: (...argv: string[]) => Promise<DistRun>
}

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const app = await serveTestApp()
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
    await run({ app, token, dist: (...argv) => dist(argv, { server: app.url, token }) })
  } finally {
    await app.close()
  }
}

async function published({ app, token }: World, version: string): Promise<string> {
  const { id } = await draft(app, token, 'notes', { version }, [textFile(version)])
  await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
  return id
}

test('dist preview makes, lists and ends previews', () =>
  inWorld(async (world) => {
    await published(world, '1.0.0')
    const made = await world.dist('preview', 'create', 'notes', '1.0.0', '--days', '3', '--json')
    assert.equal(made.code, 0, made.stderr)
    const { created, preview } = PreviewOutcome.parse(made.json)
    assert.deepEqual([created, preview.ref, preview.expiresAt], [true, '1.0.0', '2026-11-24T00:00:00.000Z'])
    assert.equal(await (await fetch(`${preview.url}/notes.bin`)).text(), '1.0.0')

    const words = await world.dist('preview', 'create', 'notes', '1.0.0')
    assert.equal(words.stdout, `${preview.url}\n`, 'for a script, the address alone')
    assert.match(words.stderr, /notes 1\.0\.0 until 2026-12-05T00:00:00\.000Z/)
    const listed = await world.dist('preview', 'list', 'notes')
    assert.match(listed.stdout, /^RELEASE +STATE +EXPIRES +URL\n1\.0\.0 +published +\S.* +http/)
    assert.ok(listed.stdout.includes(preview.url))
    const page = await world.dist('preview', 'list', 'notes', '--json')
    assert.deepEqual(
      page.json.items.map((item: unknown) => Preview.parse(item).id),
      [preview.id],
    )
    assert.match(
      (await world.dist('release', 'show', 'notes', '1.0.0')).stdout,
      /^preview +http.*\/preview\/[0-9a-f]{32}$/m,
    )

    const ended = await world.dist('preview', 'end', preview.url, '--json')
    assert.deepEqual([ended.code, ended.json], [0, { ended: preview.id }])
    const gone = await fetch(preview.url, { headers: { accept: 'text/html' } })
    assert.equal(gone.status, 410)
    assert.match(await gone.text(), /The preview of &quot;notes&quot; ended on 2026-11-21</)
    assert.equal((await world.dist('preview', 'end', preview.id)).code, 0, 'ending twice is success')
    assert.equal((await world.dist('preview', 'list', 'notes')).stdout, '')
    assert.equal((await world.dist('release', 'show', 'notes', '1.0.0')).code, 5)
  }))

test('dist preview says what cannot be previewed or ended', () =>
  inWorld(async (world) => {
    const { id } = await draft(world.app, world.token, 'notes', { version: '1.0.0' }, [textFile('a')])
    const early = await world.dist('preview', 'create', 'notes', id)
    assert.equal(early.code, 6)
    assert.match(early.stderr, /Cannot preview release "1\.0\.0": status is "draft"/)
    await release(world.app, world.token, 'notes', { version: '2.0.0' }, [textFile('b')])
    const late = await world.dist('preview', 'create', 'notes', '2.0.0')
    assert.match(late.stderr, /status is "announced"\nhint: A preview is of a release that is sealed and not announced/)
    const byRef = await world.dist('preview', 'create', 'notes', '1.0.0')
    assert.equal(byRef.code, 5)
    assert.ok(byRef.stderr.includes(`A draft answers to its id alone: ${id}`), byRef.stderr)
    for (const [days, words] of [
      ['0', '--days: must be above 0'],
      ['366', '--days: must be at most 365'],
    ] as const) {
      const refused = await world.dist('preview', 'create', 'notes', '1.0.0', '--days', days)
      assert.equal(refused.code, 2)
      assert.ok(refused.stderr.includes(words), refused.stderr)
    }
    for (const word of ['', 'notes', 'https://example.com/', 'f'.repeat(33)]) {
      const refused = await world.dist('preview', 'end', word)
      assert.equal(refused.code, 2, word)
    }
    assert.equal((await world.dist('preview', 'end', '0'.repeat(32))).code, 5)
  }))

test('dist release purge leaves a tombstone that lists and readers tell of', () =>
  inWorld(async (world) => {
    const { dist: run } = world
    await release(world.app, world.token, 'notes', { version: '1.0.0' }, [textFile('a')])
    assert.equal((await run('release', 'purge', 'notes', '1.0.0')).code, 2, 'never without a reason')
    assert.equal((await run('channel', 'promote', 'notes', 'stable', '1.0.0')).code, 0)
    const held = await run('release', 'purge', 'notes', '1.0.0', '--reason', 'holds a key')
    assert.equal(held.code, 6)
    assert.match(held.stderr, /held by "stable"/)
    assert.match(held.stderr, /Move the channel first, or yank the release with a rollback/)

    await release(world.app, world.token, 'notes', { version: '1.1.0' }, [textFile('b')])
    assert.equal((await run('channel', 'promote', 'notes', 'stable', '1.1.0')).code, 0)
    const purged = await run('release', 'purge', 'notes', '1.0.0', '--reason', 'holds a key', '--json')
    assert.equal(purged.code, 0, purged.stderr)
    assert.deepEqual(Tombstone.parse(purged.json), {
      app: 'notes',
      ref: '1.0.0',
      purgedAt: '2026-11-21T00:00:00.000Z',
      reason: 'holds a key',
    })
    assert.equal((await run('release', 'purge', 'notes', '1.0.0', '--reason', 'again')).stdout, 'purged notes 1.0.0\n')
    const shown = await run('release', 'show', 'notes', '1.0.0')
    assert.equal(shown.code, 5)
    assert.match(shown.stderr, /Release "1\.0\.0" of "notes" was purged: holds a key/)
    assert.match((await run('release', 'list', 'notes', '--state', 'purged')).stdout, /^1\.0\.0 +purged +/m)
    assert.doesNotMatch((await run('release', 'list', 'notes', '--state', 'all')).stdout, /1\.0\.0/)
    assert.equal((await run('download', 'notes@1.0.0')).code, 5)
    assert.equal((await run('release', 'purge', 'notes', '9.9.9', '--reason', 'r')).code, 5)
  }))
