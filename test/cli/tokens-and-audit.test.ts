import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { AuditEvent } from '../../src/model/audit.ts'
import { CreatedToken } from '../../src/model/token.ts'
import { dist } from '../helpers/dist.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { release } from '../helpers/test-app.ts'

async function withAdmin(
  run: (world: { app: ServedApp; admin: { server: string; token: string }; folder: string }) => Promise<void>,
): Promise<void> {
  const app = await serveTestApp()
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    const { secret } = await app.issue({ actions: ['admin'], name: 'root', expiresInDays: null })
    await run({ app, admin: { server: app.url, token: secret }, folder })
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

test('dist token create prints the secret alone on stdout', async () => {
  await withAdmin(async ({ app, admin }) => {
    const line = [
      'token',
      'create',
      '--name',
      'ci',
      '--allow',
      'publish,promote',
      '--app',
      'acme-*',
      '--expires',
      '30d',
    ]
    const created = await dist(line, admin)
    assert.equal(created.code, 0, created.stderr)
    assert.match(created.stdout, /^\S+\n$/)
    assert.ok(!created.stderr.includes(created.stdout.trim()), 'the secret is not among the words')
    const who = await dist(['whoami', '--json'], { server: app.url, token: created.stdout.trim() })
    assert.deepEqual(
      [who.json.token.name, who.json.token.actions, who.json.token.apps],
      ['ci', ['publish', 'promote'], ['acme-*']],
    )
    const document = await dist(
      ['token', 'create', '--name', 'forever', '--allow', 'read', '--expires', 'never', '--json'],
      admin,
    )
    const { token, warnings } = CreatedToken.parse(document.json)
    assert.equal(token.expiresAt, null)
    assert.equal(warnings.length, 1)
    assert.match(document.stderr, /^warning: /m)
    const listed = await dist(['token', 'list'], admin)
    assert.match(listed.stdout, /^ci +publish,promote +acme-\* +\* +\* +in \d+d/m)
    assert.match(listed.stdout, /^forever +read +\* +\* +\* +never/m)
  })
})

test('dist token create refuses what makes no sense before it asks the server', async () => {
  for (const flags of [
    ['--expires', 'soon'],
    ['--expires', '9999d'],
    ['--allow', 'everything'],
    ['--app', 'UPPER'],
  ]) {
    const run = await dist(['token', 'create', '--name', 'x', '--allow', 'read', ...flags], {
      server: 'http://127.0.0.1:1',
      token: 'x',
    })
    assert.equal(run.code, 2, `${flags.join(' ')}: ${run.stderr}`)
  }
})

test('a token that is restricted to branch builds says so everywhere', async () => {
  await withAdmin(async ({ app, admin }) => {
    const flags = ['--branch-name', '@acme/x@main', '--branch-prefix', '@acme/', '--package', '@acme/x']
    const line = ['token', 'create', '--name', 'pulls', '--allow', 'branch', ...flags, '--category', 'tileset']
    const created = await dist(line, admin)
    assert.equal(created.code, 0, created.stderr)
    const words = 'name "@acme/x@main" prefix "@acme/" package "@acme/x" category tileset'
    assert.ok(created.stderr.includes(`branch on apps * and channels *, branch builds with ${words}; expires`))
    const branches = { name: '@acme/x@main', prefix: '@acme/', package: '@acme/x', category: 'tileset' }
    const own = { server: app.url, token: created.stdout.trim() }
    const who = await dist(['whoami', '--json'], own)
    assert.deepEqual(who.json.token.branches, branches)
    assert.ok((await dist(['whoami'], own)).stdout.includes(words))
    assert.ok((await dist(['doctor'], own)).stdout.includes(words))
    assert.ok((await dist(['token', 'list'], admin)).stdout.includes(words))
    const shown = await dist(['token', 'show', 'pulls'], admin)
    assert.match(shown.stdout, /^token +pulls$/m)
    assert.ok(shown.stdout.includes(words))
    const byId = await dist(['token', 'show', who.json.token.id, '--json'], admin)
    assert.deepEqual(byId.json.branches, branches)
    assert.equal((await dist(['token', 'show', 'absent'], admin)).code, 5)
    const [event] = (await dist(['audit', 'list', '--json'], admin)).json.items
    assert.deepEqual([event.action, event.after.branches], ['token.created', branches])
    // It issues nothing, and so nothing wider either.
    const wider = await dist(['token', 'create', '--name', 'x', '--allow', 'branch'], own)
    assert.equal(wider.code, 4, wider.stderr)
  })
})

test('dist token create refuses restrictions that mean nothing before it asks the server', async () => {
  const cases: [flags: string[], words: RegExp][] = [
    [['--allow', 'read', '--branch-name', 'main'], /only a token with "branch"/],
    [['--allow', 'publish', '--category', 'tileset'], /only a token with "branch"/],
    [['--allow', 'branch,admin', '--package', 'x'], /"admin" may do everything/],
    [['--allow', 'branch', '--branch-name', 'dev/1', '--branch-prefix', 'rel/'], /--branch-name: does not begin/],
    [['--allow', 'branch', '--branch-prefix', ''], /--branch-prefix: begins no name/],
    [['--allow', 'branch', '--branch-name='], /--branch-name: is not a name/],
    [['--allow', 'branch', '--package='], /--package/],
    [['--allow', 'branch', '--branch-prefix', '/'], /--branch-prefix: begins no name/],
    [['--allow', 'branch', '--category', 'maps'], /maps/],
  ]
  for (const [flags, words] of cases) {
    const run = await dist(['token', 'create', '--name', 'x', ...flags], { server: 'http://127.0.0.1:1', token: 'x' })
    assert.equal(run.code, 2, `${flags.join(' ')}: ${run.stderr}`)
    assert.match(run.stderr, words)
  }
})

test('dist token revoke works by id, by name and for the token in use', async () => {
  await withAdmin(async ({ app, admin }) => {
    const a = await app.issue({ actions: ['read'], name: 'a' })
    await app.issue({ actions: ['read'], name: 'twin' })
    await app.issue({ actions: ['read'], name: 'twin' })
    const self = await app.issue({ actions: ['read'], name: 'self' })
    assert.equal((await dist(['token', 'revoke', 'a'], admin)).stdout, `revoked ${a.token.id}\n`)
    assert.equal((await dist(['whoami'], { server: app.url, token: a.secret })).code, 4)
    const twins = await dist(['token', 'revoke', 'twin', '--json'], admin)
    assert.equal(twins.code, 2)
    const [id] = /tok_[0-9a-z]{26}/.exec(twins.error.hint) ?? []
    assert.equal((await dist(['token', 'revoke', String(id)], admin)).code, 0)
    assert.equal((await dist(['token', 'revoke', 'twin'], admin)).code, 0)
    assert.equal((await dist(['token', 'revoke', 'twin'], admin)).code, 5)
    assert.equal((await dist(['token', 'revoke'], admin)).code, 2)
    for (const own of ['root', (await dist(['whoami', '--json'], admin)).json.token.id]) {
      const refused = await dist(['token', 'revoke', own, '--json'], admin)
      assert.deepEqual([refused.code, refused.error.code], [2, 'usage.invalid'])
      assert.match(refused.error.hint, /--self/)
    }
    assert.equal((await dist(['whoami'], admin)).code, 0, 'the token in use works on')
    const own = { server: app.url, token: self.secret }
    assert.equal((await dist(['token', 'revoke', '--self'], own)).code, 0)
    assert.equal((await dist(['whoami'], own)).code, 4)
  })
})

test('dist token create refuses an expiry that it cannot read, before it asks the server', async () => {
  await withAdmin(async ({ app, admin }) => {
    const asked = app.requests.length
    const create = (expires: string) =>
      dist(['token', 'create', '--name', 'ci', '--allow', 'read', `--expires=${expires}`, '--json'], admin)
    for (const text of ['', '90', 'soon', '-1d', '1.5d', '1e3d', '90 d', 'NEVER', '90d1h']) {
      const run = await create(text)
      assert.deepEqual([run.code, run.error?.code], [2, 'token.expiry'], `${text}: ${run.stdout}${run.stderr}`)
    }
    for (const text of ['0d', '3651d']) assert.equal((await create(text)).code, 2, text)
    assert.equal(app.requests.length, asked)
  })
})

test('dist whoami tells rights, and takes no token for anonymous', async () => {
  await withAdmin(async ({ app, admin }) => {
    assert.match(
      (await dist(['whoami'], admin)).stdout,
      /^token root \(tok_\w+\)\nmay admin on apps \* and channels \*\nexpires never\n/,
    )
    assert.equal((await dist(['whoami'], { server: app.url })).stdout, 'anonymous\n')
  })
})

test('dist asks the server of a profile with the token of that profile, and no other', async () => {
  await withAdmin(async ({ app, admin }) => {
    const env = { DIST_SERVER_STAGING: app.url, DIST_TOKEN_STAGING: admin.token }
    const production = { server: 'http://127.0.0.1:1', token: 'production' }
    for (const line of [
      ['whoami', '--profile', 'staging'],
      ['--profile=staging', 'whoami'],
    ]) {
      assert.match((await dist(line, { ...production, env })).stdout, /^token root /)
    }
    assert.match(
      (await dist(['whoami'], { ...production, env: { ...env, DIST_PROFILE: 'staging' } })).stdout,
      /^token root /,
    )
    const doctor = await dist(['doctor', '--profile', 'staging'], { ...production, env })
    assert.match(doctor.stdout, /^profile +ok +staging reads DIST_SERVER_STAGING and DIST_TOKEN_STAGING alone/m)
    const asked = app.requests.length
    const inProduction = { server: app.url, token: admin.token }
    const missing = await dist(['whoami', '--profile', 'canary', '--json'], inProduction)
    assert.deepEqual([missing.code, missing.error.code], [2, 'usage.no_server'])
    assert.deepEqual(missing.error.hint, 'Set DIST_SERVER_CANARY or pass --server')
    const half = { DIST_SERVER_CANARY: app.url }
    const noToken = await dist(['token', 'list', '--profile', 'canary', '--json'], { ...inProduction, env: half })
    assert.deepEqual([noToken.code, noToken.error.code], [2, 'usage.no_token'])
    assert.equal((await dist(['whoami', '--profile', 'a b'], inProduction)).code, 2)
    assert.equal(app.requests.length, asked)
    const anonymous = await dist(['whoami', '--profile', 'canary'], { ...inProduction, env: half })
    assert.equal(anonymous.stdout, 'anonymous\n', 'the other token is not sent')
    const wrong = { DIST_SERVER_CANARY: app.url, DIST_TOKEN_CANARY: 'wrong' }
    const refused = await dist(['whoami', '--profile', 'canary', '--json'], { ...inProduction, env: wrong })
    assert.match(refused.error.hint, /^Set DIST_TOKEN_CANARY /)
    assert.match((await dist(['app', 'list', '--help'])).stdout, /--profile <name>/)
  })
})

test('dist audit list and export show every event, newest and oldest first', async () => {
  await withAdmin(async ({ admin, folder }) => {
    await dist(['app', 'create', 'notes'], admin)
    await dist(['app', 'create', 'other'], admin)
    const listed = await dist(['audit', 'list'], admin)
    assert.match(listed.stdout, /^SEQ +AGE +ACTION +OBJECT +ACTOR +CHANGE\n3 +\S+ +app\.created +app other +root\n2 /)
    const exported = await dist(['audit', 'export'], admin)
    const events = exported.stdout
      .trim()
      .split('\n')
      .map((line) => AuditEvent.parse(JSON.parse(line)))
    assert.deepEqual(
      events.map(({ seq }) => seq),
      [1, 2, 3],
    )
    const one = await dist(['audit', 'export', '--app', 'notes'], admin)
    assert.equal(one.stdout.trim().split('\n').length, 1)
    const path = join(folder, 'audit.jsonl')
    assert.equal((await dist(['audit', 'export', '-o', 'audit.jsonl'], { ...admin, cwd: folder })).code, 0)
    assert.equal(await readFile(path, 'utf8'), exported.stdout)
    assert.equal((await dist(['audit', 'export', '-o', path], admin)).code, 6)
    assert.equal((await dist(['audit', 'export', '-o', path, '--force'], admin)).code, 0)
    assert.equal((await stat(path)).isFile(), true)
  })
})

test('dist audit list tells what was done to what, from where to where and why', async () => {
  await withAdmin(async ({ app, admin }) => {
    const run = (line: string) => dist(line.split(' '), admin)
    await run('app create notes')
    for (const version of ['1.0.0', '2.0.0']) {
      await release(app, admin.token, 'notes', { version }, [{ fileName: 'a.bin', bytes: new Uint8Array([1]) }])
    }
    await run('channel promote notes beta 1.0.0')
    await run('channel promote notes beta 2.0.0 --reason quiet')
    await run('release yank notes 2.0.0 --reason broken --rollback')
    await run('app edit notes --visibility public')
    await run('token create --name reader --allow read')
    const { stdout } = await run('audit list')
    const lines = stdout.split('\n').map((line) => line.replace(/^\d+ +\S+ +/, '').replace(/ {2,}/g, ' | '))
    for (const line of [
      'token.created | token reader | root',
      'app.edited | app notes | root | visibility: private → public',
      'release.yanked | release notes 2.0.0 | root | announced → yanked: broken',
      'channel.promoted | channel notes/beta | root | 1.0.0 → 2.0.0: quiet',
      'channel.promoted | channel notes/beta | root | - → 1.0.0',
      'release.announced | release notes 1.0.0 | root | published → announced',
      'artifact.attached | artifact notes a.bin | root',
      'app.created | app notes | root',
    ])
      assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`)
    assert.ok(lines.some((line) => line.startsWith('channel.rolled_back | channel notes/beta | root | 2.0.0 → 1.0.0')))
  })
})

/** Changes the log by hand, as somebody with the database could. */
async function tamper(app: ServedApp, statement: string): Promise<void> {
  await app.deps.store.write(async (tx) => {
    const triggers = await sql<{
      name: string
    }>`select name from sqlite_master where type = 'trigger' and tbl_name = 'audit'`.execute(tx)
    for (const { name } of triggers.rows) await sql.raw(`drop trigger "${name}"`).execute(tx)
    await sql.raw(statement).execute(tx)
  })
}

test('dist audit verify accepts a whole log, notes its head, and continues from it', async () => {
  await withAdmin(async ({ app, admin, folder }) => {
    await dist(['app', 'create', 'notes'], admin)
    const options = { ...admin, env: { XDG_STATE_HOME: folder } }
    const first = await dist(['audit', 'verify', '--json'], options)
    assert.equal(first.code, 0, first.stderr)
    assert.deepEqual([first.json.events, first.json.comparedWith], [2, null])
    await dist(['app', 'create', 'other'], admin)
    const second = await dist(['audit', 'verify', '--json'], options)
    assert.deepEqual([second.json.events, second.json.comparedWith.seq], [3, 2])
    const file = join(folder, 'dist', 'audit-heads.json')
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')).heads[`${app.url}/`].seq, 3)
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)
  })
})

const tamperings: [what: string, statement: string, firstBad: number][] = [
  ['an altered event', `update audit set object = 'app:forged' where seq = 3`, 3],
  ['an altered fact', `update audit set after = '{"slug":"forged"}' where seq = 2`, 2],
  ['a dropped event', 'delete from audit where seq = 2', 2],
  ['a tail that was cut off', 'delete from audit where seq >= 4', 4],
  ['an emptied log', 'delete from audit', 1],
]

for (const [what, statement, firstBad] of tamperings) {
  test(`dist audit verify names the first bad event of ${what}, exit code 7`, async () => {
    await withAdmin(async ({ app, admin, folder }) => {
      for (const slug of ['a', 'b', 'c', 'd']) await dist(['app', 'create', slug], admin)
      const heads = ['--heads', join(folder, 'heads.json')]
      assert.equal((await dist(['audit', 'verify', ...heads], admin)).code, 0)
      const noted = await readFile(join(folder, 'heads.json'), 'utf8')
      await tamper(app, statement)
      const run = await dist(['audit', 'verify', '--json', ...heads], admin)
      assert.deepEqual([run.code, run.error.code, run.error.details.seq], [7, 'audit.broken', firstBad], run.stderr)
      assert.equal(run.stdout, '')
      assert.equal(await readFile(join(folder, 'heads.json'), 'utf8'), noted, 'the noted head stays')
    })
  })
}

test('dist audit verify finds a log that was rewritten as a whole', async () => {
  await withAdmin(async ({ app, admin, folder }) => {
    await dist(['app', 'create', 'a'], admin)
    await dist(['app', 'create', 'b'], admin)
    const heads = ['--heads', join(folder, 'heads.json')]
    assert.equal((await dist(['audit', 'verify', ...heads], admin)).code, 0)
    // A tail that is cut off and grows again past the noted head is a chain that holds by itself.
    await tamper(app, 'delete from audit where seq >= 2')
    await dist(['app', 'create', 'c'], admin)
    await dist(['app', 'create', 'd'], admin)
    await dist(['app', 'create', 'e'], admin)
    const fresh = await dist(['audit', 'verify', '--heads', join(folder, 'other.json')], admin)
    assert.equal(fresh.code, 0, 'the chain alone cannot tell')
    const run = await dist(['audit', 'verify', '--json', ...heads], admin)
    assert.deepEqual([run.code, run.error.details.seq], [7, 3])
  })
})
