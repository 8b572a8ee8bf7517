import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { digestOf, publishClient } from '../helpers/publish-client.ts'
import { createToken, distd, inFolder, ROOT, startServer, testRuntime, until, withServer } from '../helpers/server.ts'

const SETUP_TOKEN = 'canary-of-the-setup-token-0123456789'
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }

test(`distd on ${testRuntime} tells its version and its commands`, async () => {
  const told = await distd(['version'])
  assert.deepEqual([told.code, told.stderr], [0, ''])
  assert.ok(told.stdout.startsWith(`distd ${version} (${testRuntime === 'binary' ? 'bun' : testRuntime} `), told.stdout)
  const { name, runtime } = JSON.parse((await distd(['version', '--json'])).stdout)
  assert.deepEqual([name, runtime.name], ['distd', testRuntime === 'binary' ? 'bun' : testRuntime])
  const help = await distd(['help'])
  assert.equal(help.code, 0)
  for (const word of ['serve', 'token create', 'check', 'audit verify', 'config', 'DISTD_DATA'])
    assert.ok(help.stdout.includes(word), `${word} is not in the help`)
  assert.match(help.stdout, /--insecure-http +DISTD_INSECURE_HTTP\n/)
  assert.match(help.stdout, / DISTD_SETUP_TOKEN\n/)
  assert.doesNotMatch(help.stdout, /--setup-token/)
})

test(`distd on ${testRuntime} refuses a command line that it does not understand`, async () => {
  for (const args of [
    ['sevre'],
    ['token'],
    ['--lisen', 'x'],
    ['check', '--name', 'x'],
    ['token', 'create', '--expires', 'soon', '--name', 'a', '--allow', 'read'],
  ]) {
    const { code, stdout, stderr } = await distd(args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, /^distd: [^\n]+\n$/, args.join(' '))
  }
})

test(`distd config on ${testRuntime} tells each setting with its source`, () =>
  inFolder(async (data) => {
    mkdirSync(join(data, 'config'))
    writeFileSync(join(data, 'config/distd.json'), '{"drainSeconds": 7, "draftDays": 3}')
    const { code, stdout, stderr } = await distd(['config', '--data', data, '--draft-days', '5', '--json'], {
      env: { DISTD_LOG_LEVEL: 'warn', DISTD_LISEN: '127.0.0.1:1', DISTD_SETUP_TOKEN: SETUP_TOKEN },
    })
    assert.equal(code, 0, stderr)
    assert.equal(stderr.split('\n').length, 2, stderr)
    assert.match(stderr, /DISTD_LISEN \(did you mean DISTD_LISTEN\?\)/)
    const settings: { key: string; value: unknown; source: string }[] = JSON.parse(stdout)
    const of = (key: string) => settings.filter((s) => s.key === key).map(({ value, source }) => [value, source])
    assert.deepEqual(of('drainSeconds'), [[7, join(data, 'config/distd.json')]])
    assert.deepEqual(of('draftDays'), [[5, '--draft-days']])
    assert.deepEqual(of('logLevel'), [['warn', 'DISTD_LOG_LEVEL']])
    assert.deepEqual(of('listen'), [['127.0.0.1:8080', 'default']])
    assert.deepEqual(of('publicUrl'), [[null, 'default']])
    assert.deepEqual(of('setupToken'), [['(set)', 'DISTD_SETUP_TOKEN']])
    const table = await distd(['config', '--data', data])
    const secret = await distd(['config', '--data', data], { env: { DISTD_SETUP_TOKEN: SETUP_TOKEN } })
    assert.match(secret.stdout, /^setupToken +\(set\) +DISTD_SETUP_TOKEN$/m)
    for (const text of [stdout, stderr, secret.stdout, secret.stderr]) assert.ok(!text.includes(SETUP_TOKEN))
    const lines = table.stdout.trimEnd().split('\n')
    assert.equal(lines.length, settings.length)
    const starts = lines.map((line) => line.search(/(?:default|--data|\/\S*distd\.json)$/))
    assert.deepEqual(new Set(starts).size, 1, table.stdout)
  }))

test(`distd on ${testRuntime} does not start with a configuration that cannot be meant, and says which setting`, () =>
  inFolder(async (folder) => {
    const withFile = (text: string | Uint8Array) => {
      const data = join(folder, String(readdirSync(folder).length))
      mkdirSync(join(data, 'config'), { recursive: true })
      writeFileSync(join(data, 'config/distd.json'), text)
      return data
    }
    const cases: { data?: string; args?: string[]; env?: Record<string, string>; says: RegExp }[] = [
      { env: { DISTD_SETUP_TOKEN: '' }, says: /DISTD_SETUP_TOKEN: must have at least 32 characters/ },
      { env: { DISTD_SETUP_TOKEN: ' '.repeat(40) }, says: /DISTD_SETUP_TOKEN: must have .*no spaces\n/ },
      { env: { DISTD_SETUP_TOKEN: 'x'.repeat(31) }, says: /DISTD_SETUP_TOKEN: must have at least 32 characters/ },
      { args: ['--setup-token', 'x'.repeat(40)], says: /no flag --setup-token, .*set DISTD_SETUP_TOKEN, or/ },
      { data: withFile(`{"setupToken": "${'x'.repeat(31)}"}`), says: /"setupToken" of .*distd\.json: must have/ },
      { env: { DISTD_INSECURE_HTTP: 'yes' }, says: /DISTD_INSECURE_HTTP: must be true or false\n/ },
      { env: { DISTD_MAX_ARTIFACT_BYTES: '1g' }, says: /DISTD_MAX_ARTIFACT_BYTES: must be a number of bytes\n/ },
      {
        env: { DISTD_TRUSTED_PROXIES: '10.0.0.0/8,foo' },
        says: /DISTD_TRUSTED_PROXIES: must be addresses, or networks/,
      },
      {
        env: { DISTD_PUBLIC_URL: 'https://a.example', DISTD_DOWNLOAD_URL: 'https://a.example/files' },
        says: /DISTD_DOWNLOAD_URL: must have another host than DISTD_PUBLIC_URL/,
      },
      { env: { DISTD_LISTEN: 'everywhere' }, says: /DISTD_LISTEN: must be host:port/ },
      { args: ['--listen', '127.0.0.1:99999'], says: /--listen: must have a port/ },
      { args: ['--drain-seconds', 'soon'], says: /--drain-seconds/ },
      { args: ['--public-url', 'ftp://example.com'], says: /--public-url/ },
      {
        data: withFile('{"lisen": "127.0.0.1:0"}'),
        says: /distd\.json: unknown setting "lisen", did you mean "listen"\?/,
      },
      {
        data: withFile('{"drainSeconds": "7"}'),
        says: /"drainSeconds" of .*distd\.json: must be a number of seconds\n/,
      },
      { data: withFile('{"drainSeconds": 7,}'), says: /distd\.json/ },
      { data: withFile('[]'), says: /distd\.json: expected an object/ },
      {
        data: withFile(Buffer.from('{"publicUrl": "http://b\u00fccher.example"}', 'latin1')),
        says: /distd\.json: .*it is not valid UTF-8/,
      },
    ]
    for (const { data = join(folder, 'unused'), args = [], env = {}, says } of cases) {
      const listen = /listen/i.test(says.source) ? [] : ['--listen', '127.0.0.1:0']
      const ended = await distd(['serve', '--data', data, ...listen, ...args], { env })
      assert.match(ended.stderr, says)
      assert.deepEqual([ended.code, ended.stdout], [2, ''], ended.stderr)
      assert.ok(!ended.stderr.includes('xxx'), 'a secret was told')
      assert.ok(!readdirSync(folder).includes('unused'), 'something was written')
    }
  }))

test(`distd serve on ${testRuntime} says which address it cannot have, and why`, () =>
  withServer(async (server, folder) => {
    const taken = `127.0.0.1:${server.port}`
    for (const [listen, reason] of [
      [taken, 'another program listens there'],
      ['192.0.2.1:0', 'this machine has no such address'],
    ] as const) {
      const { code, stderr } = await distd(['serve', '--data', join(folder, 'second'), '--listen', listen])
      assert.deepEqual([code, stderr], [1, `distd: Cannot listen on ${listen} (DISTD_LISTEN): ${reason}\n`])
    }
  }))

test(`distd token create on ${testRuntime} works on a fresh folder and beside a running server`, () =>
  inFolder(async (folder) => {
    const data = join(folder, 'data')
    const early = await createToken(data, '--allow', 'read')
    const server = await startServer({ data })
    try {
      const late = await distd([
        ...['token', 'create', '--data', data, '--name', 'late', '--allow', 'publish,promote'],
        ...['--app', 'notes', '--app', 'tool-*', '--channel', 'beta', '--expires', '12h', '--json'],
      ])
      assert.equal(late.code, 0, late.stderr)
      const { secret, token } = JSON.parse(late.stdout)
      for (const [bearer, name] of [
        [early, 'e2e'],
        [secret, 'late'],
      ]) {
        const { json } = await publishClient(server.url, bearer).call('GET', '/whoami', [200])
        assert.equal(json.token.name, name)
      }
      assert.deepEqual(
        [token.actions, token.apps, token.channels],
        [['publish', 'promote'], ['notes', 'tool-*'], ['beta']],
      )
      const days = (Date.parse(token.expiresAt) - Date.parse(token.createdAt)) / 86_400_000
      assert.equal(days, 0.5)
      const pulls = await distd([
        ...['token', 'create', '--data', data, '--name', 'pulls', '--allow', 'branch', '--json'],
        ...['--branch-name', '@acme/x@2', '--branch-prefix', '@acme/', '--package', '@acme/x', '--category', 'tileset'],
      ])
      assert.equal(pulls.code, 0, pulls.stderr)
      assert.deepEqual(JSON.parse(pulls.stdout).token.branches, {
        name: '@acme/x@2',
        prefix: '@acme/',
        package: '@acme/x',
        category: 'tileset',
      })
      const own = ['--name', 'x', '--allow', 'branch']
      for (const [flags, words] of [
        [['--name', 'x'], '--allow: must not be empty'],
        [['--name', 'x', '--allow', 'everything'], '--allow: must be one of read, publish'],
        [['--allow', 'read'], '--name: expected string'],
        [['--name', 'x', '--allow', 'read', '--branch-name', 'main'], 'only a token with "branch" can be restricted'],
        [[...own, '--branch-name', '../x'], '--branch-name: is not a name for a branch build'],
        [[...own, '--branch-prefix', ''], '--branch-prefix: begins no name'],
        [[...own, '--branch-name', 'a', '--branch-prefix', 'b'], '--branch-name: does not begin with the prefix'],
        [[...own, '--package', ''], '--package: must not be empty'],
        [[...own, '--category', 'maps'], '--category: must be one of processing, catalog'],
      ] as const) {
        const { code, stdout, stderr } = await distd(['token', 'create', '--data', data, ...flags])
        assert.deepEqual([code, stdout], [2, ''], flags.join(' '))
        assert.ok(stderr.startsWith('distd: Cannot create a token: ') && stderr.includes(words), stderr)
      }
      assert.ok(!JSON.stringify(server.log()).includes(secret))
    } finally {
      await server.kill()
    }
  }))

/** A folder with one release, its server stopped. */
async function withRelease(work: (data: string, blob: (digest: string) => string) => Promise<void>): Promise<void> {
  await withServer(async (server) => {
    const client = publishClient(server.url, await createToken(server.data, '--allow', 'publish'))
    await client.createApp('notes')
    await client.release('notes', '1.0.0', { 'a.bin': A, 'b.bin': B })
    assert.equal(await server.stop(), 0)
    await work(server.data, (digest) => {
      const hex = digest.slice('sha256:'.length)
      return join(server.data, 'blobs/sha256', hex.slice(0, 2), hex)
    })
  })
}
const A = new TextEncoder().encode('the bytes of a')
const B = new TextEncoder().encode('the bytes of b')

const check = async (data: string, ...flags: string[]) => {
  const { code, stdout, stderr } = await distd(['check', '--data', data, '--json', ...flags])
  return { code, stderr, report: stdout === '' ? undefined : JSON.parse(stdout) }
}

test(`distd check on ${testRuntime} finds a changed byte when it reads, a missing blob always, and counts orphans`, () =>
  withRelease(async (data, blob) => {
    const whole = await check(data, '--read-data')
    assert.deepEqual(
      [whole.code, whole.report.ok, whole.report.damagedBlobs, whole.report.orphanBlobs],
      [0, true, [], 0],
      whole.stderr,
    )

    const orphan = digestOf(new TextEncoder().encode('nobody names me'))
    writeFileSync(blob(orphan), 'nobody names me')
    const orphaned = await check(data, '--read-data')
    assert.deepEqual([orphaned.code, orphaned.report.orphanBlobs], [0, 1])

    chmodSync(blob(digestOf(A)), 0o600)
    writeFileSync(blob(digestOf(A)), 'the bytes of A')
    const quick = await check(data)
    assert.deepEqual([quick.code, quick.report.damagedBlobs], [0, []], 'only reading can tell')
    const read = await check(data, '--read-data')
    assert.deepEqual([read.code, read.report.damagedBlobs.map((d: { digest: string }) => d.digest)], [7, [digestOf(A)]])

    rmSync(blob(digestOf(B)))
    const missing = await check(data)
    assert.equal(missing.code, 7)
    assert.ok(
      missing.report.damagedBlobs.some(
        (d: { digest: string; reason: string }) => d.digest === digestOf(B) && d.reason === 'missing',
      ),
    )
    const text = await distd(['check', '--data', data])
    assert.equal(text.code, 7)
    assert.match(text.stdout, /FAILED/)

    const server = await startServer({ data })
    try {
      const { status, json } = await publishClient(server.url).ask('GET', '/notes/latest/b.bin')
      assert.deepEqual([status, json.code], [503, 'blob.unavailable'])
    } finally {
      await server.kill()
    }
  }))

test(`distd audit verify on ${testRuntime} finds an event that was changed, and one that was taken out, by plain SQL`, () =>
  withRelease(async (data) => {
    const verify = () => distd(['audit', 'verify', '--data', data, '--json'])
    const whole = await verify()
    assert.equal(whole.code, 0, whole.stderr)
    assert.equal(JSON.parse(whole.stdout).broken, null)

    const database = new DatabaseSync(join(data, 'db/distd.sqlite'))
    try {
      database.exec('drop trigger audit_update')
      database.exec('drop trigger audit_delete')
      database.exec("update audit set action = 'release.hidden' where seq = 4")
      const changed = await verify()
      assert.equal(changed.code, 7)
      assert.equal(JSON.parse(changed.stdout).broken.seq, 4)
      database.exec('delete from audit where seq = 3')
      const cut = await verify()
      assert.equal(cut.code, 7)
      assert.equal(JSON.parse(cut.stdout).broken.seq, 3)
    } finally {
      database.close()
    }
    assert.equal((await distd(['check', '--data', data])).code, 7)
  }))

test(`distd on ${testRuntime} looks for nothing in a folder that it never used`, () =>
  inFolder(async (folder) => {
    for (const command of [['check'], ['audit', 'verify']]) {
      const { code, stderr } = await distd([...command, '--data', folder])
      assert.equal(code, 2)
      assert.match(stderr, /holds no database/)
    }
    assert.deepEqual(readdirSync(folder), [])
  }))

test(
  `/healthz on ${testRuntime} answers 503 while the data folder takes no writes, and 200 when it does again`,
  {
    skip: process.getuid?.() === 0 ? false : 'mounts a file system, which only root may',
  },
  () =>
    inFolder(async (folder) => {
      const data = join(folder, 'data')
      mkdirSync(data)
      const mounted: string[] = []
      const mount = (...args: string[]) => {
        execFileSync('mount', args, { stdio: 'pipe' })
        mounted.push(args.at(-1) ?? '')
      }
      const unmount = () => execFileSync('umount', ['-l', mounted.pop() ?? ''])
      try {
        mount('-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', data)
        const server = await startServer({ data })
        try {
          const client = publishClient(server.url)
          // For a second an answer may be that of the last probe.
          const health = (status: number) =>
            until(`/healthz answers ${status}`, async () => (await client.ask('GET', '/healthz')).status === status)
          await health(200)

          const trash = join(data, 'trash')
          mount('--bind', trash, trash)
          execFileSync('mount', ['-o', 'remount,bind,ro', trash])
          await health(503)
          unmount()
          await health(200)

          const ballast = join(data, 'logs', 'ballast')
          fill(ballast)
          await health(503)
          assert.equal((await client.ask('GET', '/readyz')).status, 503)
          rmSync(ballast)
          await health(200)
          assert.equal(await server.stop(), 0)
        } finally {
          await server.kill()
        }
      } finally {
        while (mounted.length > 0) unmount()
      }
    }),
)

/** Takes all the room there is. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (let bytes = 1 << 20; bytes >= 1; ) {
      try {
        writeSync(file, new Uint8Array(bytes))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        bytes >>= 1
      }
    }
  } finally {
    closeSync(file)
  }
}

test(`distd inspect --again on ${testRuntime} reads everything anew, beside a running server`, () =>
  withServer(async (server, folder) => {
    const data = join(folder, 'data')
    const client = publishClient(server.url, await createToken(data, '--allow', 'admin'))
    await client.createApp('notes')
    await client.release('notes', '1.0.0', { 'notes.bin': Uint8Array.from(Buffer.from('bytes of notes')) })
    const told = await distd(['inspect', '--again', '--data', data])
    assert.deepEqual([told.code, told.stdout], [0, '1 as before, 0 changed, 0 failed\n'], told.stderr)
    const json = JSON.parse((await distd(['inspect', '--again', '--app', 'notes', '--data', data, '--json'])).stdout)
    assert.deepEqual(json, { same: 1, changed: 0, failed: 0, artifacts: [] })
    const uploadId = await client.upload('main.bin', Uint8Array.from(Buffer.from('bytes of main')))
    await client.call('PUT', '/apps/notes/branches/main/slots/linux-x64', [201], { body: { uploadId } })
    // As a version that found something in it left the file of a branch build.
    const database = new DatabaseSync(join(data, 'db', 'distd.sqlite'))
    database.exec(`update branch_slots set checks = '[{"code":"x","level":"info","message":"x"}]'`)
    database.close()
    const slot = await distd(['inspect', '--again', '--data', data])
    const changed = 'changed  notes main linux-x64 main.bin: findings\n1 as before, 1 changed, 0 failed\n'
    assert.deepEqual([slot.code, slot.stdout], [0, changed], slot.stderr)
    const { json: branch } = await client.call('GET', '/apps/notes/branches/main', [200])
    assert.deepEqual(branch.slots[0].checks, [], 'the running server tells it')
    const nobody = await distd(['inspect', '--again', '--app', 'nope', '--data', data])
    assert.deepEqual([nobody.code, nobody.stderr], [1, 'distd: There is no app "nope"\n'])
    const without = await distd(['inspect', '--data', data])
    assert.deepEqual([without.code, without.stdout], [2, ''])
    assert.match(without.stderr, /needs --again/)
  }))
