import assert from 'node:assert/strict'
import { test } from 'node:test'
import { App } from '../../src/model/app.ts'
import { ReleaseChanges } from '../../src/model/changes.ts'
import { Channel, MoveOutcome } from '../../src/model/channel.ts'
import { Release, YankOutcome } from '../../src/model/release.ts'
import { type DistOptions, type DistRun, dist } from '../helpers/dist.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { draft, release } from '../helpers/test-app.ts'

interface World {
  readonly app: ServedApp
  readonly token: string
  /** Runs with the token of an admin. */
  readonly dist: (argv: string, options?: DistOptions) => Promise<DistRun>
}

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const app = await serveTestApp()
  try {
    const { secret } = await app.issue({ actions: ['admin'], name: 'boss' })
    const options = { server: app.url, token: secret }
    await run({ app, token: secret, dist: (argv, more) => dist(argv.split(' '), { ...options, ...more }) })
  } finally {
    await app.close()
  }
}

const file = (text: string) => ({ fileName: 'notes.bin', bytes: new TextEncoder().encode(text.repeat(100)) })

/** Releases 1.0 and 2.0 of the app notes, announced. */
async function withReleases({ app, token, dist: run }: World): Promise<void> {
  assert.equal((await run('app create notes')).code, 0)
  await release(app, token, 'notes', { version: '1.0.0' }, [file('one')])
  await release(app, token, 'notes', { version: '2.0.0' }, [file('two')])
}

test('dist app creates, shows, lists, edits and deletes', async () => {
  await inWorld(async ({ dist: run }) => {
    const created = await run('app create notes --visibility unlisted --android-package com.acme.notes --json')
    assert.equal(created.code, 0, created.stderr)
    assert.equal(App.parse(created.json).visibility, 'unlisted')
    assert.equal((await run('app create notes --json')).error.code, 'app.exists')
    assert.equal((await run('app create Notes')).code, 2)
    const edited = await run('app edit notes --visibility public --apple-bundle-id com.acme.Notes --json')
    assert.deepEqual(App.parse(edited.json).identityRules, {
      androidPackage: 'com.acme.notes',
      appleBundleId: 'com.acme.Notes',
    })
    const signer = await run(`app edit notes --android-signer-sha256 ${'AB:'.repeat(31)}CD --json`)
    assert.equal(App.parse(signer.json).identityRules.androidSignerSha256, `${'ab'.repeat(31)}cd`)
    assert.equal((await run('app edit notes --android-signer-sha256= --json')).code, 0)
    const less = await run('app edit notes --apple-bundle-id= --platform darwin,linux --json')
    assert.deepEqual(App.parse(less.json).identityRules, { androidPackage: 'com.acme.notes' })
    assert.deepEqual(App.parse(less.json).platforms, ['macos', 'linux'])
    const kept = await run('app edit notes --draft-days 3 --json')
    assert.deepEqual(App.parse(kept.json).retention, { draftDays: 3 })
    for (const days of ['0', '-1', '3651', '1.5', 'x']) {
      assert.equal((await run(`app edit notes --draft-days=${days}`)).code, 2, days)
    }
    const both = await run('app edit notes --replaced-days 0 --json')
    assert.deepEqual(App.parse(both.json).retention, { draftDays: 3, replacedDays: 0 }, 'the other days stay')
    const later = await run('app edit notes --draft-days 4 --json')
    assert.deepEqual(App.parse(later.json).retention, { draftDays: 4, replacedDays: 0 })
    assert.equal((await run('app edit notes --replaced-days=-1')).code, 2)
    assert.match((await run('help app edit')).stdout, /that nobody\s+touched is\s+discarded/)
    assert.equal((await run('app edit notes')).code, 2)
    const shown = await run('app show notes')
    assert.match(shown.stdout, /^visibility +public$/m)
    assert.match(shown.stdout, /^identity +androidPackage=com\.acme\.notes$/m)
    assert.match(shown.stdout, /^draft days +4$/m)
    assert.match(shown.stdout, /^replaced days +0$/m)
    assert.match((await run('app list')).stdout, /^APP +NAME +VISIBILITY +PLATFORMS +AGE\nnotes +/)
    assert.equal((await run('app delete notes')).code, 0)
    assert.equal((await run('app show notes')).code, 5)
    assert.equal((await run('app list')).stdout, '')
  })
})

test('an app knows its owner and its repository, until they are taken away', async () => {
  await inWorld(async ({ dist: run }) => {
    const repository = 'https://git.example/acme/notes'
    const created = await run(`app create notes --owner acme --repository-url ${repository} --json`)
    assert.equal(created.code, 0, created.stderr)
    const facts = ({ owner, repositoryUrl }: App) => [owner, repositoryUrl]
    assert.deepEqual(facts(App.parse(created.json)), ['acme', repository])
    const shown = await run('app show notes')
    assert.match(shown.stdout, /^owner +acme$/m)
    assert.match(shown.stdout, /^repository +https:\/\/git\.example\/acme\/notes$/m)
    const moved = await run('app edit notes --repository-url https://git.example/other/notes --json')
    assert.deepEqual(facts(App.parse(moved.json)), ['acme', 'https://git.example/other/notes'])
    for (const url of ['javascript:alert(1)', 'file:///etc/passwd', 'notes']) {
      assert.equal((await run(`app edit notes --repository-url ${url} --json`)).code, 2, url)
    }
    const less = await run('app edit notes --owner= --repository-url= --json')
    assert.deepEqual(facts(App.parse(less.json)), [null, null])
  })
})

test('dist app list reads page after page up to --limit and gives the cursor to go on', async () => {
  await inWorld(async ({ dist: run }) => {
    for (const letter of 'abcde') assert.equal((await run(`app create app-${letter}`)).code, 0)
    const first = await run('app list --limit 2 --json')
    assert.equal(first.json.items.length, 2)
    const rest = await run(`app list --cursor ${first.json.nextCursor} --json`)
    const slugs = [...first.json.items, ...rest.json.items].map((item: { slug: string }) => item.slug)
    assert.deepEqual([...slugs].sort(), ['app-a', 'app-b', 'app-c', 'app-d', 'app-e'])
    assert.equal(rest.json.nextCursor, null)
    assert.match((await run('app list --limit 2')).stderr, /^more: --cursor /m)
  })
})

test('dist release and channel: promote, roll back, yank with rollback, history', async () => {
  await inWorld(async (world) => {
    const { dist: run } = world
    await withReleases(world)
    const promoted = await run('channel promote notes beta 1.0.0 --reason first --json')
    assert.equal(promoted.code, 0, promoted.stderr)
    assert.equal(MoveOutcome.parse(promoted.json).moved, true)
    const upwards = 'beta: 1.0.0 → 2.0.0\n  notes.bin: other bytes, same size\n'
    assert.equal((await run('channel promote notes beta 2.0.0')).stdout, upwards)
    assert.equal((await run('channel promote notes beta 2.0.0')).stdout, 'beta is at 2.0.0 already\n')
    const stale = await run('channel promote notes beta 2.0.0 --expect 1.0.0 --json')
    assert.deepEqual([stale.code, stale.error.code], [6, 'channel.stale'])
    assert.match(stale.error.message, /: it is at "2\.0\.0", not at "1\.0\.0"$/)
    const empty = await run('channel promote notes other 2.0.0 --expect none --json')
    assert.deepEqual([empty.code, empty.error.code], [6, 'channel.stale'])
    assert.match(empty.error.message, /: it holds no release, and "none" was expected$/)
    const nothing = await run('release list notes --limit 0 --json')
    assert.deepEqual([nothing.code, nothing.error.code], [2, 'usage.invalid'])
    const lower = await run('channel promote notes beta 1.0.0 --json')
    assert.deepEqual([lower.code, lower.error.code], [4, 'channel.downgrade'])
    const downwards = 'beta: 2.0.0 → 1.0.0\n  notes.bin: other bytes, same size\n'
    assert.equal((await run('channel rollback notes beta')).stdout, downwards)
    assert.equal((await run('channel rollback notes beta')).code, 6)
    await run('channel promote notes beta 2.0.0')
    const held = await run('release yank notes 2.0.0 --reason broken --json')
    assert.deepEqual([held.code, held.error.code], [6, 'release.in_use'])
    const yanked = await run('release yank notes 2.0.0 --reason broken --rollback --json')
    assert.deepEqual(YankOutcome.parse(yanked.json).rolledBack, [{ channel: 'beta', current: '1.0.0' }])
    assert.match((await run('release list notes --state yanked')).stdout, /^2\.0\.0 +yanked/m)
    assert.doesNotMatch((await run('release list notes')).stdout, /2\.0\.0/)
    assert.equal((await run('release unyank notes 2.0.0')).stdout, 'notes 2.0.0 is announced again\n')
    const history = await run('channel history notes beta')
    assert.deepEqual(
      history.stdout
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(/ +/).slice(1, 4).join(' ')),
      ['rollback 2.0.0 1.0.0', 'promote 1.0.0 2.0.0', 'rollback 2.0.0 1.0.0', 'promote 1.0.0 2.0.0', 'promote - 1.0.0'],
    )
    assert.match(history.stdout, /^\S+ +promote +- +1\.0\.0 +boss +- +first$/m)
  })
})

test('dist release changes and moves of channels tell what differs, as words and as JSON', async () => {
  await inWorld(async (world) => {
    const { app, token, dist: run } = world
    await withReleases(world)
    const files = [file('three and more'), { ...file('new'), fileName: 'new.bin' }]
    await release(app, token, 'notes', { version: '3.0.0', build: '7' }, files)
    const shown = await run('release changes notes 3.0.0')
    assert.equal(shown.code, 0, shown.stderr)
    assert.equal(
      shown.stdout,
      'notes 2.0.0 → 3.0.0+7\n\nFILE       CHANGE\nnew.bin    added, 300 B\nnotes.bin  +1.1 KiB\n',
    )
    const json = ReleaseChanges.parse((await run('release changes notes latest --from 1.0.0 --json')).json)
    assert.deepEqual([json.from, json.to, json.files.length], ['1.0.0', '3.0.0+7', 2])
    assert.equal(
      (await run('release changes notes 2.0.0 --from 2.0.0')).stdout,
      'notes 2.0.0 → 2.0.0\n\n1 file is the same\n',
    )
    assert.match((await run('release changes notes 1.0.0')).stdout, /^notes 1\.0\.0, with nothing before it\n/)
    assert.equal((await run('release changes notes 9.0.0')).code, 5)
    assert.equal((await run('release changes notes 3.0.0 --from 9.0.0')).code, 5)
    const first = await run('channel promote notes beta 2.0.0')
    assert.equal(first.stdout, 'beta: none → 2.0.0\n', 'all files are new: that is no news')
    const moved = await run('channel promote notes beta 3.0.0+7 --json')
    assert.deepEqual(MoveOutcome.parse(moved.json).changes?.from, '2.0.0')
    const back = await run('channel rollback notes beta')
    assert.equal(back.stdout, 'beta: 3.0.0+7 → 2.0.0\n  new.bin: removed\n  notes.bin: −1.1 KiB\n')
    const many = Array.from({ length: 30 }, (_, i) => ({ ...file(`${i}`), fileName: `part-${i}.bin` }))
    await release(app, token, 'notes', { version: '4.0.0' }, many)
    const lines = (await run('channel promote notes beta 4.0.0')).stdout.trimEnd().split('\n')
    assert.deepEqual([lines.length, lines.at(-1)], [22, '  and 11 more files'])
  })
})

test('dist channel promote --dry-run tells what would happen, and moves nothing', async () => {
  await inWorld(async (world) => {
    const { dist: run } = world
    await withReleases(world)
    const head = async () => (await run('audit list --limit 1 --json')).json.items[0].seq
    const before = await head()
    assert.equal(
      (await run('channel promote notes beta 1.0.0 --dry-run')).stdout,
      'beta: none → 1.0.0 would be allowed\n',
    )
    assert.equal((await run('channel show notes beta')).code, 5, 'it was not created')
    assert.equal(await head(), before)
    await run('channel promote notes beta 1.0.0')
    const words = 'beta: 1.0.0 → 2.0.0 would be allowed\n  notes.bin: other bytes, same size\n'
    assert.equal((await run('channel promote notes beta 2.0.0 --dry-run')).stdout, words)
    const outcome = MoveOutcome.parse((await run('channel promote notes beta 2.0.0 --dry-run --json')).json)
    assert.deepEqual([outcome.moved, outcome.channel.current, outcome.changes?.to], [false, '1.0.0', '2.0.0'])
    assert.equal((await run('channel promote notes beta 1.0.0 --dry-run')).stdout, 'beta is at 1.0.0 already\n')
    await run('channel promote notes beta 2.0.0')
    const refused = await run('channel promote notes beta 1.0.0 --dry-run --json')
    assert.deepEqual([refused.code, refused.error.code], [4, 'channel.downgrade'])
    assert.equal((await run('channel promote notes beta 2.0.0 --dry-run --expect 1.0.0')).code, 6)
    assert.equal((await run('channel history notes beta --json')).json.items.length, 2)
  })
})

test('dist channel protects and changes the policy', async () => {
  await inWorld(async (world) => {
    const { dist: run, app } = world
    await withReleases(world)
    assert.equal((await run('channel protect notes stable')).stdout, 'notes stable is protected\n')
    const changed = await run(
      'channel policy notes stable --no-allow-prerelease --min-checks no-warnings --mover ci,lead --auto latest --json',
    )
    assert.deepEqual(Channel.parse(changed.json).policy, {
      protected: true,
      minChecks: 'no-warnings',
      allowPrerelease: false,
      allowDowngrade: false,
      movers: ['ci', 'lead'],
      auto: 'latest',
    })
    assert.match(
      (await run('channel list notes')).stdout,
      /^stable +\S+ +\S+ +protected no-warnings no-prerelease auto=latest movers=ci,lead$/m,
    )
    const open = await run('channel policy notes stable --any-mover --auto off --allow-prerelease --json')
    assert.deepEqual(
      [open.json.policy.movers, open.json.policy.auto, open.json.policy.allowPrerelease],
      [[], null, true],
    )
    assert.equal((await run('channel policy notes stable')).code, 2)
    assert.equal((await run('channel policy notes stable --mover a --any-mover')).code, 2)
    const publisher = await app.issue({ actions: ['publish'] })
    const refused = await run('channel promote notes stable 1.0.0 --json', { server: app.url, token: publisher.secret })
    assert.deepEqual([refused.code, refused.error.code], [4, 'channel.protected'])
    assert.equal((await run('channel protect notes stable --off')).stdout, 'notes stable is not protected\n')
  })
})

test('dist release builds a release in single steps', async () => {
  await inWorld(async ({ app, token, dist: run }) => {
    await run('app create notes')
    const id = (await run('release create notes 1.0.0 --build 7')).stdout.trim()
    assert.match(id, /^rel_/)
    const path = new URL(import.meta.url).pathname
    const attached = await run(`release attach notes ${id} ${path} --platform linux --file-name steps.bin --json`)
    assert.equal(attached.code, 0, attached.stderr)
    assert.deepEqual([attached.json.fileName, attached.json.uploaded], ['steps.bin', true])
    assert.equal((await run(`release detach notes ${id} steps.bin`)).code, 0)
    assert.equal((await run(`release publish notes ${id} --json`)).error.code, 'release.empty')
    assert.equal((await run(`release attach notes ${id} ${path} --platform linux --file-name steps.bin`)).code, 0)
    const link = await run(
      `release link notes ${id} https://testflight.apple.com/join/abc --kind testflight --platform ios`,
    )
    assert.match(link.stdout, /^lnk_/)
    assert.equal((await run(`release unlink notes ${id} ${link.stdout.trim()}`)).code, 0)
    assert.equal((await run(`release link notes ${id} https://example.com/ --kind testflight --platform ios`)).code, 2)
    const published = await run(`release publish notes ${id} --json`)
    assert.equal(Release.parse(published.json.release).state, 'published')
    assert.equal((await run('release announce notes 1.0.0+7')).code, 0)
    const shown = await run('release show notes latest')
    assert.match(shown.stdout, /^release +notes 1\.0\.0\+7$/m)
    assert.match(shown.stdout, /^steps\.bin +linux/m)
    const other = await draft(app, token, 'notes', { version: '9.0.0' }, [file('nine')])
    assert.equal((await run(`release discard notes ${other.id}`)).code, 0)
    assert.equal((await run(`release show notes ${other.id}`)).code, 5)
  })
})
