import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import {
  commandOf,
  createToken,
  distd,
  type Ended,
  inFolder,
  start,
  startServer,
  type TestServer,
  testRuntime,
  until,
  withServer,
} from '../helpers/server.ts'

const PASSWORD = 'nine blue walls of chalk'
const SETUP_TOKEN = 'canary-of-the-setup-token-0123456789'

const linkFile = (data: string) => join(data, 'config/setup-link')
const readLink = (data: string) => readFileSync(linkFile(data), 'utf8').trim()

/** Sends a form as a browser does from a page of the same server. */
function send(url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams(fields)
  return fetch(url, {
    method: 'POST',
    body,
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin', ...headers },
  })
}

const signIn = (server: TestServer, name: string) => send(`${server.url}/login`, { name, password: PASSWORD })

/** Who the API says has signed in with these cookies. */
async function whoIs(server: TestServer, signedIn: Response): Promise<string> {
  assert.equal(signedIn.status, 303, await signedIn.text())
  const cookie = signedIn.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ')
  const answer = await fetch(`${server.url}/api/v1/whoami`, { headers: { cookie, 'sec-fetch-site': 'same-origin' } })
  return ((await answer.json()) as { user: { name: string } | null }).user?.name ?? ''
}

/** Runs `distd admin create` with a line on its stdin. */
function createAdmin(data: string, input: string | Uint8Array, ...args: string[]): Promise<Ended> {
  return distd(['admin', 'create', '--data', data, ...args], { input })
}

test(`the first start of distd on ${testRuntime} leaves a link in a private file that makes one admin, once, and is nowhere else`, () =>
  withServer(
    async (server) => {
      assert.ok(!server.log().some(({ level }) => level === 'warn' || level === 'error'))
      const { data } = server
      const link = readLink(data)
      assert.match(link, new RegExp(`^${server.url}/setup/distb_[0-9A-Za-z]{48}$`))
      assert.equal(statSync(linkFile(data)).mode & 0o777, 0o600)
      const line = server.log().find(({ msg }) => msg.includes('no admin'))
      assert.deepEqual([line?.level, line?.file], ['info', linkFile(data)])
      const page = await fetch(link)
      assert.equal(page.status, 200)
      assert.match(await page.text(), /<form[^>]*method="post"/)

      const racers = await Promise.all(
        ['ada', 'eve'].map((name) => send(link, { name, password: PASSWORD }).then((answer) => ({ name, answer }))),
      )
      const [made, ...more] = racers.filter(({ answer }) => answer.status === 303)
      assert.ok(made && more.length === 0, JSON.stringify(racers.map(({ answer }) => answer.status)))
      assert.equal(await whoIs(server, made.answer), made.name)
      assert.deepEqual(racers.map(({ answer }) => answer.status).sort(), [303, 404])
      await until('the file of the link is gone', () => !existsSync(linkFile(data)), 10_000)
      assert.equal((await fetch(link)).status, 404)
      assert.equal((await send(link, { name: 'mallory', password: PASSWORD })).status, 404)
      assert.equal((await fetch(`${server.url}/setup`)).status, 404)

      assert.equal(await server.stop(), 0)
      const secret = link.slice(link.indexOf('distb_'))
      assert.ok(!JSON.stringify(server.log()).includes(secret), 'the link is in the log')
      for (const file of readdirSync(data, { recursive: true, withFileTypes: true })) {
        if (!file.isFile()) continue
        const path = join(file.parentPath, file.name)
        for (const told of [secret, PASSWORD]) assert.ok(!readFileSync(path).includes(told), `a secret is in ${path}`)
      }
      const again = await startServer({ data })
      try {
        assert.ok(!existsSync(linkFile(data)))
        assert.ok(!again.log().some(({ msg }) => msg.includes('no admin')))
        assert.equal(await whoIs(again, await signIn(again, made.name)), made.name)
      } finally {
        await again.kill()
      }
    },
    { args: ['--log-level', 'debug'] },
  ))

test(`distd on ${testRuntime} that is killed around its setup leaves a way to the first admin, and keeps the one who was told`, () =>
  inFolder(async (data) => {
    let before = ''
    for (let round = 0; round < 3; round++) {
      const server = await startServer({ data })
      const link = readLink(data)
      await server.kill()
      assert.notEqual(link, before)
      before = link
    }
    const server = await startServer({ data })
    const secret = before.slice(before.indexOf('/setup/'))
    assert.equal((await fetch(`${server.url}${secret}`)).status, 404, 'the link of a start before')
    const made = await send(readLink(data), { name: 'ada', password: PASSWORD })
    await server.kill()
    assert.equal(made.status, 303)
    const again = await startServer({ data })
    try {
      assert.ok(!existsSync(linkFile(data)))
      assert.equal(await whoIs(again, await signIn(again, 'ada')), 'ada')
      assert.equal(await whoIs(again, made), 'ada')
    } finally {
      await again.kill()
    }
  }))

test(`distd on ${testRuntime} shows the setup link on a terminal, beside its log`, () => {
  needPrograms({ script: 'bsdutils' })
  return inFolder(async (data) => {
    const serve = [...commandOf('distd'), 'serve', '--data', data, '--listen', '127.0.0.1:0']
    // Its stderr is a terminal; its stdout, the log, is not.
    const running = start(['script', '-qfec', `exec ${serve.join(' ')} >${data}.log`, '/dev/null'])
    try {
      await until('the terminal has the link', () => /\/setup\/distb_\w{48}/.test(running.stdout), 30_000)
      assert.ok(running.stdout.includes(readLink(data)))
      const log = readFileSync(`${data}.log`, 'utf8')
      assert.match(log, /"msg":"listening"/)
      assert.doesNotMatch(log, /distb_/)
    } finally {
      running.child.kill('SIGTERM')
      await running.ended
    }
  })
})

test(`distd on ${testRuntime} with a setup token makes the first admin of it, and tells it to nobody`, () =>
  withServer(
    async (server) => {
      assert.ok(!existsSync(linkFile(server.data)))
      assert.match(JSON.stringify(server.log().filter(({ level }) => level === 'warn')), /DISTD_INSECURE_HTTP/)
      const url = `${server.url}/setup`
      assert.equal((await fetch(url)).status, 200)
      const wrong = await send(url, { token: `${SETUP_TOKEN}x`, name: 'eve', password: PASSWORD })
      assert.notEqual(wrong.status, 303)
      const made = await send(url, { token: SETUP_TOKEN, name: 'ada', password: PASSWORD })
      assert.equal(await whoIs(server, made), 'ada')
      assert.equal((await send(url, { token: SETUP_TOKEN, name: 'eve', password: PASSWORD })).status, 404)
      const told = JSON.stringify(server.log()) + (await wrong.text())
      assert.ok(!told.includes(SETUP_TOKEN))
    },
    { env: { DISTD_SETUP_TOKEN: SETUP_TOKEN, DISTD_INSECURE_HTTP: 'true' } },
  ))

test(`distd admin create on ${testRuntime} makes admins without a server and beside one, by link and by password`, () =>
  inFolder(async (data) => {
    const first = await distd([
      'admin',
      'create',
      '--data',
      data,
      '--name',
      'Ada',
      '--public-url',
      'https://d.example/x',
    ])
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, /^https:\/\/d\.example\/x\/setup\/distb_\w{48}\n$/)
    assert.match(first.stderr, /^distd: made the admin "ada", who sets the password here, once, until 20[^\n]+\n$/)

    const server = await startServer({ data })
    try {
      assert.ok(existsSync(linkFile(data)), 'who was only invited is no admin yet')
      const key = first.stdout.trim().slice('https://d.example/x'.length)
      const set = await send(`${server.url}${key}`, { password: PASSWORD })
      assert.equal(await whoIs(server, set), 'ada')

      const bob = await createAdmin(data, `${PASSWORD}\r\nnot read`, '--name', 'bob', '--password-stdin')
      assert.deepEqual(bob, { code: 0, stdout: '', stderr: 'distd: made the admin "bob"\n' })
      assert.equal(await whoIs(server, await signIn(server, 'bob')), 'bob')
      await until('the file of the link is gone', () => !existsSync(linkFile(data)), 10_000)

      const cy = await createAdmin(data, PASSWORD, '--name', 'cy', '--password-stdin', '--json')
      const made = JSON.parse(cy.stdout)
      assert.deepEqual([made.user.name, made.user.role, made.user.hasPassword, made.link], ['cy', 'admin', true, null])
      const invited = JSON.parse((await createAdmin(data, '', '--name', 'di', '--json')).stdout)
      assert.deepEqual([invited.user.hasPassword, invited.link.kind], [false, 'invite'])

      for (const [line, args, code, says] of [
        [
          PASSWORD,
          ['--name', 'BOB', '--password-stdin'],
          1,
          'Cannot create person "bob": a person with this name exists',
        ],
        ['', ['--name', 'bob'], 1, 'Cannot create person "bob": a person with this name exists'],
        ['', ['--name', 'eve', '--password-stdin'], 1, 'Cannot take this password: it has fewer than 12 characters'],
        ['short\n', ['--name', 'eve', '--password-stdin'], 1, 'Cannot take this password: it has fewer than'],
        ['\u00e9'.repeat(513), ['--name', 'eve', '--password-stdin'], 2, 'it has more than 1024 bytes'],
        ['x'.repeat(100_000), ['--name', 'eve', '--password-stdin'], 2, 'it has more than 1024 bytes'],
        [Uint8Array.of(...Buffer.from(PASSWORD), 0xff), ['--name', 'eve', '--password-stdin'], 2, 'is not valid UTF-8'],
        ['', ['--name', 'a b'], 2, 'Cannot create an admin: --name: must be 1 to 100 of'],
        ['', [], 2, 'distd admin create needs --name NAME'],
      ] as const) {
        const ended = await createAdmin(data, line, ...args)
        assert.deepEqual([ended.code, ended.stdout], [code, ''], ended.stderr)
        assert.ok(ended.stderr.startsWith('distd: ') && ended.stderr.includes(says), ended.stderr)
      }
      const weak = await createAdmin(data, 'short', '--name', 'eve', '--password-stdin', '--json')
      assert.equal(JSON.parse(weak.stderr).error.code, 'password.weak')
      assert.ok(!JSON.stringify(server.log()).includes(PASSWORD))
    } finally {
      await server.kill()
    }
  }))

test(`distd admin create on ${testRuntime} helps when every admin is locked out`, () =>
  inFolder(async (data) => {
    assert.equal((await createAdmin(data, PASSWORD, '--name', 'ada', '--password-stdin')).code, 0)
    const database = new DatabaseSync(join(data, 'db/distd.sqlite'))
    database.exec(`update users set disabled_at = '2026-01-01T00:00:00.000Z'`)
    database.close()
    const server = await startServer({ data })
    try {
      assert.ok(!existsSync(linkFile(data)), 'disabling opens the setup for nobody')
      assert.notEqual((await signIn(server, 'ada')).status, 303)
      assert.equal((await createAdmin(data, PASSWORD, '--name', 'bob', '--password-stdin')).code, 0)
      assert.equal(await whoIs(server, await signIn(server, 'bob')), 'bob')
    } finally {
      await server.kill()
    }
  }))

test(`distd on ${testRuntime} does not start with a signing key that could be guessed, and leaves it alone`, () =>
  inFolder(async (data) => {
    await createToken(data, '--allow', 'read')
    const path = join(data, 'config/signing.key')
    for (const text of ['', '\n', 'ab'.repeat(31), 'secret']) {
      writeFileSync(path, text)
      const ended = await distd(['serve', '--data', data, '--listen', '127.0.0.1:0'])
      assert.deepEqual([ended.code, ended.stdout], [1, ''])
      assert.ok(
        ended.stderr.startsWith(`distd: Cannot use ${path}: expected 32 bytes as 64 hex digits; `),
        ended.stderr,
      )
      assert.equal(readFileSync(path, 'utf8'), text)
    }
  }))
