import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreatedShare, ShareDetails } from '../../src/model/share.ts'
import { type DistRun, dist } from '../helpers/dist.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { draft, release } from '../helpers/test-app.ts'

interface World {
  readonly app: ServedApp
  readonly token: string
  /** Runs with the token of an admin; `Acme~testers` is one argument. */
  readonly run: (line: string) => Promise<DistRun>
}

const words = (line: string) => line.split(' ').map((word) => word.replaceAll('~', ' '))
const file = (fileName: string) => ({ fileName, bytes: new TextEncoder().encode(fileName.repeat(50)) })

/** The private app `notes` with 1.0.0 on the channel `beta`, and 2.0.0. */
async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const app = await serveTestApp()
  // `dist` counts days from the real one, on which the server of a test does not stand.
  app.clock.setNow(Date.now())
  try {
    const { secret: token } = await app.issue({ actions: ['admin'], name: 'root' })
    const run = (line: string) => dist(words(line), { server: app.url, token })
    await run('app create notes')
    await release(app, token, 'notes', { version: '1.0.0' }, [file('a.bin'), file('b.bin')])
    await run('channel promote notes beta 1.0.0')
    await release(app, token, 'notes', { version: '2.0.0' }, [file('a.bin')])
    await work({ app, token, run })
  } finally {
    await app.close()
  }
}

/** Opens the link as a browser on this machine does; gives the page that it leads to, and what was set. */
async function open(url: string): Promise<{ status: number; location: string; cookie: string }> {
  const response = await fetch(url, { redirect: 'manual' })
  const cookie = response.headers.getSetCookie().map((set) => set.split(';', 1)[0]!)
  return { status: response.status, location: response.headers.get('location') ?? '', cookie: cookie.join('; ') }
}

test('dist share create prints the URL alone on stdout, and it opens that channel', async () => {
  await inWorld(async ({ app, run }) => {
    const created = await run('share create notes@beta --for Acme~testers --expires 12h --downloads 5')
    assert.equal(created.code, 0, created.stderr)
    const url = created.stdout.trim()
    assert.equal(created.stdout, `${url}\n`)
    assert.ok(url.startsWith(`${app.url}/s/`), url)
    assert.ok(!created.stderr.includes(url.split('/').at(-1)!), 'the URL is not among the words')
    assert.match(
      created.stderr,
      /^shr_\w{26} opens notes@beta for Acme testers until \S+Z, for 5 downloads\nthe link is shown this once/,
    )
    const opened = await open(url)
    assert.equal(opened.status, 303)
    const at = (path: string) => fetch(`${app.url}${path}`, { headers: { cookie: opened.cookie } })
    assert.equal((await at('/notes/beta/a.bin')).status, 200)
    assert.equal((await at('/notes/releases/2.0.0/a.bin')).status, 404)
  })
})

test('dist share create takes an app, a channel, a release or its id, as dist download does', async () => {
  await inWorld(async ({ run }) => {
    const { id } = (await run('release show notes 2.0.0 --json')).json
    const cases: [target: string, channel: string | null, release: string | null][] = [
      ['notes', 'latest', null],
      ['notes@latest', 'latest', null],
      ['notes@beta', 'beta', null],
      ['notes@1.0.0', null, '1.0.0'],
      [`notes@${id}`, null, '2.0.0'],
    ]
    for (const [target, channel, ref] of cases) {
      const created = await run(`share create ${target} --for x --json`)
      assert.equal(created.code, 0, `${target}: ${created.stderr}`)
      assert.equal(created.stderr, '')
      const { share } = CreatedShare.parse(created.json)
      assert.deepEqual([share.channel, share.release, share.maxDownloads], [channel, ref, null], target)
      const days = (Date.parse(share.expiresAt) - Date.parse(share.createdAt)) / 86_400_000
      assert.equal(days, 30)
    }
  })
})

test('a text that is a channel and a version is the channel', async () => {
  await inWorld(async ({ app, token, run }) => {
    await release(app, token, 'notes', { version: '3' }, [file('a.bin')])
    const before = await run('share create notes@3 --for x --json')
    assert.equal(before.json.share.release, '3')
    await run('channel promote notes 3 2.0.0')
    assert.equal((await run('share create notes@3 --for x --json')).json.share.channel, '3')
  })
})

test('dist share list and show tell for whom, of what, how often, and who made it', async () => {
  await inWorld(async ({ app, token, run }) => {
    assert.equal((await run('share list')).stderr, 'none\n')
    const url = (await run('share create notes@beta --for Acme~testers --downloads 5')).stdout.trim()
    await run('app create other')
    await release(app, token, 'other', { version: '1.0.0' }, [file('a.bin')])
    await app.clock.advance(1)
    await run('share create other@1.0.0 --for Sam')
    const { cookie } = await open(url)
    for (const name of ['a.bin', 'a.bin', 'b.bin']) {
      await (await fetch(`${app.url}/notes/beta/${name}`, { headers: { cookie } })).arrayBuffer()
    }
    const { stdout } = await run('share list')
    assert.match(stdout, /^FOR +OPENS +STATE +EXPIRES +OPENED +DOWNLOADS +CREATOR +ID\nAcme testers /)
    assert.match(stdout, /^Acme testers +notes@beta +active +in 30d +\S+ +3\/5 +root +shr_\w{26}$/m)
    assert.match(stdout, /^Sam +other@1\.0\.0 +active +in 30d +never +0 +root +shr_\w{26}$/m)
    const own = await run('share list --app notes --json')
    assert.deepEqual(
      own.json.items.map(({ label }: { label: string }) => label),
      ['Acme testers'],
    )
    const { id } = own.json.items[0]
    const shown = (await run(`share show ${id}`)).stdout
    assert.match(shown, /^for +Acme testers$/m)
    assert.match(shown, /^downloads +3\/5$/m)
    assert.match(shown, /^RELEASE +FILE +DOWNLOADS +FIRST +LAST$/m)
    assert.match(shown, /^1\.0\.0 +a\.bin +2 +\S+ +\S+$/m)
    assert.match(shown, /^1\.0\.0 +b\.bin +1 +\S+ +\S+$/m)
    const details = ShareDetails.parse((await run(`share show ${id} --json`)).json)
    assert.equal(details.files.length, 2)
    const first = await run('share list --limit 1 --json')
    assert.equal(first.json.items[0].id, id)
    const rest = await run(`share list --cursor ${first.json.nextCursor} --json`)
    assert.deepEqual(
      rest.json.items.map(({ label }: { label: string }) => label),
      ['Sam'],
    )
    const person = await app.person({ name: 'nora', role: 'manager' })
    const made = await app.ask('POST', '/api/v1/shares', {
      cookie: person.cookie,
      body: { app: 'notes', channel: 'beta', label: 'Kim' },
    })
    assert.equal(made.status, 201, made.text)
    assert.match((await run('share list')).stdout, /^Kim .* user nora +shr_/m)
    assert.match((await run(`share show ${made.json.share.id}`)).stdout, /^creator +user nora$/m)
    const { secret } = await app.issue({ actions: ['promote'], name: 'promoter' })
    const narrow = await dist(['share', 'list'], { server: app.url, token: secret })
    assert.match(narrow.stdout, /^Kim .* usr_\w+ +shr_/m, 'who may not list people sees their ids')
  })
})

test('dist share revoke ends a link by its id or by the link itself', async () => {
  await inWorld(async ({ app, run }) => {
    const first = (await run('share create notes@beta --for one')).stdout.trim()
    const second = CreatedShare.parse((await run('share create notes@beta --for two --json')).json)
    const { cookie } = await open(first)
    const get = () => fetch(`${app.url}/notes/beta/a.bin`, { headers: { cookie } })
    assert.equal((await get()).status, 200)
    const revoked = await run(`share revoke ${first}`)
    assert.match(revoked.stdout, /^revoked shr_\w{26}\n$/)
    assert.equal((await get()).status, 404, 'it is over at once')
    assert.equal((await open(first)).status, 410)
    const byId = await run(`share revoke ${second.share.id} --json`)
    assert.deepEqual(byId.json, { revoked: second.share.id })
    assert.equal((await run(`share revoke ${second.share.id}`)).code, 0, 'twice is success')
    const states = (await run('share list --json')).json.items.map(({ state }: { state: string }) => state)
    assert.deepEqual(states, ['revoked', 'revoked'])
    assert.match((await run(`share show ${second.share.id}`)).stdout, /^revoked +\d{4}-/m)
  })
})

test('dist audit list tells what was done with a link, by whom it was given to', async () => {
  await inWorld(async ({ app, run }) => {
    const url = (await run('share create notes@beta --for Acme~testers')).stdout.trim()
    const { cookie } = await open(url)
    await (await fetch(`${app.url}/notes/beta/a.bin`, { headers: { cookie } })).arrayBuffer()
    await run(`share revoke ${url}`)
    const { stdout } = await run('audit list')
    const lines = stdout.split('\n').map((line) => line.replace(/^\d+ +\S+ +/, '').replace(/ {2,}/g, ' | '))
    for (const line of [
      'share.revoked | share notes Acme testers | root',
      'share.downloaded | share notes Acme testers | share Acme testers | 1.0.0 a.bin',
      'share.opened | share notes Acme testers | share Acme testers | beta',
      'share.created | share notes Acme testers | root | beta',
    ])
      assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`)
    assert.ok(!stdout.includes(url.split('/').at(-1)!))
  })
})

test('dist share refuses what makes no sense before it asks the server', async () => {
  const cases: [line: string, says: RegExp][] = [
    ['share create --for x', /missing required argument 'target'/],
    ['share create notes', /required option '--for <label>' not specified/],
    ['share create notes --for=', /given: --for: /],
    [`share create notes --for ${'x'.repeat(101)}`, /given: --for: /],
    ['share create notes@beta@1.0.0 --for x', /Cannot read "notes@beta@1\.0\.0" as app and release\nhint: Write app/],
    ['share create notes@ --for x', /Cannot read "notes@" as app and release/],
    ['share create Notes --for x', /Cannot read "Notes" as app and release/],
    ['share create notes beta --for x', /too many arguments/],
    ['share create notes --for x --expires never', /--expires "never": a share link ends, after a year at the latest/],
    ['share create notes --for x --expires soon', /--expires "soon": expected a number with h, d, w, m or y\n/],
    ['share create notes --for x --expires 0d', /--expires "0d"/],
    ['share create notes --for x --expires 366d', /given: --expires, in days: must be at most 365\n/],
    ['share create notes --for x --downloads 0', /given: --downloads: /],
    ['share create notes --for x --downloads -1', /--downloads/],
    ['share create notes --for x --downloads many', /whole number/],
    ['share show', /missing required argument 'share'/],
    ['share show nora', /Cannot use "nora" as id of a share link\nhint: Run "dist share list"/],
    ['share revoke ..', /Cannot use "\.\." as id/],
    ['share revoke https://dist.example/s/x.y', /Cannot use "https:\/\/dist\.example\/s\/x\.y" as id/],
  ]
  for (const [line, says] of cases) {
    const run = await dist(words(line), { server: 'http://127.0.0.1:1', token: 'x' })
    assert.equal(run.code, 2, `${line}: ${run.stdout}${run.stderr}`)
    assert.match(run.stderr, says, line)
    assert.equal(run.stdout, '')
  }
})

test('dist share says what the server refuses, with stable codes', async () => {
  await inWorld(async ({ app, token, run }) => {
    await release(app, token, 'notes', { version: '5.0.0', build: '7' }, [file('a.bin')])
    const { id } = await draft(app, token, 'notes', { version: '6.0.0' }, [file('a.bin')])
    const cases: [line: string, code: number, error: string, hint: RegExp][] = [
      ['share create absent --for x', 5, 'app.not_found', /./],
      ['share create absent@beta --for x', 5, 'app.not_found', /./],
      ['share create notes@nightly --for x', 5, 'release.not_found', /^"dist channel list"/],
      ['share create notes@9.9.9 --for x', 5, 'release.not_found', /./],
      ['share create notes@5.0.0 --for x', 5, 'release.not_found', /^Name the build: 5\.0\.0\+7$/],
      ['share create notes@6.0.0 --for x', 5, 'release.not_found', /^A draft answers to its id alone: rel_/],
      [`share create notes@${id} --for x`, 6, 'release.wrong_state', /./],
      ['share list --app absent', 5, 'app.not_found', /./],
      ['share show shr_00000000000000000000000000', 5, 'share.not_found', /"dist share list"/],
      ['share revoke shr_00000000000000000000000000', 5, 'share.not_found', /"dist share list"/],
    ]
    for (const [line, code, error, hint] of cases) {
      const refused = await run(`${line} --json`)
      assert.deepEqual([refused.code, refused.error?.code, refused.stdout], [code, error, ''], line)
      assert.match(refused.error.hint ?? '-', hint, line)
    }
    const { secret } = await app.issue({ actions: ['publish'], name: 'ci' })
    const denied = await dist(words('share create notes@beta --for x --json'), { server: app.url, token: secret })
    assert.deepEqual([denied.code, denied.error.code], [4, 'access.denied'])
    assert.equal((await run('share list --json')).json.items.length, 0, 'nothing was created')
  })
})
