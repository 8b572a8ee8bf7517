import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { DistError } from '../../src/errors.ts'
import { PublishResult } from '../../src/model/publish-result.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { type Ran, runDist } from '../helpers/cli-host.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { createTestApp, type TestApp } from '../helpers/test-app.ts'

type Step = (request: Request, handle: () => Promise<Response>) => Promise<Response>

interface Bench {
  readonly app: TestApp
  readonly port: number
  readonly folder: string
  readonly token: string
  /** Stands between the command line and the server; replaced by tests. */
  step: Step
  readonly requests: string[]
  dist(
    argv?: readonly string[],
    options?: { signal?: AbortSignal; port?: number; env?: Record<string, string> },
  ): Promise<Ran>
  manifest(changes?: Record<string, unknown>): Promise<void>
}

const MANIFEST = {
  schema: 1,
  app: 'acme-notes',
  name: 'Acme Notes',
  version: '1.4.0',
  build: '1040',
  tag: 'v1.4.0',
  notes: 'New: share notes',
  channel: 'beta',
  artifacts: [
    { path: 'out/notes.bin', platform: 'linux', arch: 'amd64' },
    { path: 'out/empty.bin', platform: 'any' },
    { path: 'out/sbom.json', kind: 'sbom', describes: 'notes.bin' },
  ],
  links: [{ platform: 'ios', kind: 'testflight', url: 'https://testflight.apple.com/join/abc' }],
}

async function bench(t: TestContext, blobs: 'fs' | 'memory' = 'memory'): Promise<Bench> {
  const app = await createTestApp({ blobs })
  const runtime = await currentRuntime()
  const { secret } = await app.issue({ actions: ['publish'] })
  const folder = await mkdtemp(join(tmpdir(), 'dist-publish-'))
  const bench: Bench = {
    app,
    port: 0,
    folder,
    token: secret,
    step: (_request, handle) => handle(),
    requests: [],
    async dist(argv = ['ci', 'publish', '--json'], { signal, port, env } = {}) {
      const server = `http://127.0.0.1:${port ?? bench.port}`
      const variables = { DIST_SERVER: server, DIST_TOKEN: secret, DIST_RETRIES: '2', ...env }
      return runDist(argv, { cwd: folder, env: variables, ...(signal === undefined ? {} : { signal }) })
    },
    async manifest(changes = {}) {
      await write(folder, 'dist.json', JSON.stringify({ ...MANIFEST, ...changes }))
    },
  }
  const server = await runtime.serve({
    hostname: '127.0.0.1',
    port: 0,
    maxConnections: 100,
    log: () => undefined,
    fetch(request) {
      bench.requests.push(`${request.method} ${new URL(request.url).pathname.replace('/api/v1', '')}`)
      return bench.step(request, () => app.fetch(request))
    },
  })
  Object.assign(bench, { port: server.port })
  t.after(async () => {
    await server.stop(0)
    await app.close()
    await rm(folder, { recursive: true, force: true })
  })
  await write(folder, 'out/notes.bin', 'notes '.repeat(1000))
  await write(folder, 'out/empty.bin', '')
  await write(folder, 'out/sbom.json', '{"bomFormat":"CycloneDX","specVersion":"1.5"}')
  await bench.manifest()
  return bench
}

async function write(folder: string, path: string, contents: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), contents)
}

test('dist ci publish brings a release from files to a channel and prints the result', async (t) => {
  const b = await bench(t)
  const ran = await b.dist()
  assert.equal(ran.code, 0, ran.stderr)
  const result = PublishResult.parse(ran.json)
  assert.equal(result.created, true)
  assert.equal(result.release.state, 'announced')
  assert.equal(result.release.ref, '1.4.0+1040')
  assert.equal(result.channel?.moved, true)
  assert.equal(result.channel?.previous, null)
  assert.deepEqual(result.artifacts.map((a) => [a.fileName, a.platform, a.arch, a.uploaded]).sort(), [
    ['empty.bin', 'any', 'any', true],
    ['notes.bin', 'linux', 'x64', true],
    ['sbom.json', 'any', 'any', true],
  ])
  assert.equal(result.links.length, 1)
  for (const artifact of result.artifacts) {
    const response = await fetch(artifact.url, { headers: { authorization: `Bearer ${b.token}` } })
    assert.equal(response.status, 200)
    assert.equal(digestOf(new Uint8Array(await response.arrayBuffer())), artifact.digest)
  }
})

test('dist ci publish again changes nothing and succeeds', async (t) => {
  const b = await bench(t)
  const first = (await b.dist()).json
  b.requests.length = 0
  const again = await b.dist()
  assert.equal(again.code, 0, again.stderr)
  assert.equal(again.json.created, false)
  assert.equal(again.json.release.id, first.release.id)
  assert.deepEqual(again.json.channel.reason, null)
  assert.equal(again.json.channel.moved, false)
  assert.ok(again.json.artifacts.every((a: { uploaded: boolean }) => !a.uploaded))
  assert.ok(
    b.requests.every((line) => line.startsWith('GET ')),
    b.requests.join('\n'),
  )
})

test('dist ci publish that another job of the same build overtakes ends as that one did', async (t) => {
  const b = await bench(t)
  let other: Promise<Ran> | undefined
  b.step = async (request, handle) => {
    if (other === undefined && request.method === 'POST' && request.url.endsWith('/artifacts')) {
      other = b.dist()
      await other
    }
    return handle()
  }
  const ran = await b.dist()
  assert.equal(ran.code, 0, ran.stderr)
  const first = (await other)?.json
  assert.deepEqual([first.created, ran.json.created], [true, false])
  assert.equal(ran.json.release.id, first.release.id)
  assert.deepEqual([ran.json.release.state, ran.json.channel.current], ['announced', '1.4.0+1040'])
})

test('dist ci publish uploads no bytes that the server has for this token', async (t) => {
  const b = await bench(t)
  await b.dist()
  await b.manifest({ build: '1041' })
  b.requests.length = 0
  const ran = await b.dist()
  assert.equal(ran.code, 0, ran.stderr)
  assert.ok(ran.json.artifacts.every((a: { uploaded: boolean }) => !a.uploaded))
  assert.ok(!b.requests.some((line) => line.startsWith('PATCH ')))
})

test('dist ci publish refuses other bytes for a version that exists, and changes nothing', async (t) => {
  const b = await bench(t)
  const first = (await b.dist()).json
  await write(b.folder, 'out/notes.bin', 'other')
  b.requests.length = 0
  const ran = await b.dist()
  assert.equal(ran.code, 6)
  assert.equal(ran.stdout, '')
  assert.equal(ran.error.code, 'release.conflict')
  assert.match(ran.error.message, /notes\.bin/)
  assert.match(ran.error.hint ?? '', /raise/)
  assert.ok(b.requests.every((line) => line.startsWith('GET ')))
  await write(b.folder, 'out/notes.bin', 'notes '.repeat(1000))
  assert.equal((await b.dist()).json.release.id, first.release.id)
})

test('dist ci publish checks everything it can before the first request', async (t) => {
  const b = await bench(t)
  await b.manifest({ artifacts: [{ path: 'out/none.apk' }] })
  assert.equal((await b.dist()).code, 3)
  await b.manifest({ artifacts: [{ path: 'out/notes.bin' }] })
  const unknown = await b.dist()
  assert.equal(unknown.code, 7)
  assert.equal(unknown.error.code, 'artifact.platform_unknown')
  await b.manifest({ artifacts: [{ path: 'out/notes.bin', platform: 'linux', format: 'apk' }] })
  const contradicted = await b.dist()
  assert.equal(contradicted.code, 7)
  assert.equal(contradicted.error.code, 'artifact.contradiction')
  assert.deepEqual(b.requests, [])
})

test('dist ci publish ends with 9 and a reason when the channel refuses', async (t) => {
  const b = await bench(t)
  assert.equal((await b.dist()).code, 0)
  await b.manifest({ version: '1.3.0', tag: undefined })
  const older = await b.dist()
  assert.equal(older.code, 9, older.stderr)
  assert.equal(older.json.release.state, 'announced')
  assert.equal(older.json.channel.moved, false)
  assert.equal(older.json.channel.reason.code, 'channel.not_newer')
  assert.equal(older.json.channel.current, '1.4.0+1040')
  const again = await b.dist()
  assert.equal(again.code, 9)
  assert.equal(again.json.created, false)
})

test('dist ci publish without announcing leaves a published release, and continues later', async (t) => {
  const b = await bench(t)
  await b.manifest({ channel: undefined, announce: false })
  const quiet = await b.dist()
  assert.equal(quiet.code, 0, quiet.stderr)
  assert.equal(quiet.json.release.state, 'published')
  assert.equal(quiet.json.channel, null)
  await b.manifest()
  const loud = await b.dist()
  assert.equal(loud.json.created, false)
  assert.equal(loud.json.release.id, quiet.json.release.id)
  assert.equal(loud.json.release.state, 'announced')
  assert.equal(loud.json.channel.moved, true)
})

test('dist ci publish killed at any request and started again ends in the same state', {
  timeout: 120_000,
}, async (t) => {
  const measured = await bench(t)
  assert.equal((await measured.dist()).code, 0)
  const steps = measured.requests.length
  assert.ok(steps > 12, String(steps))
  for (const when of ['before', 'after'] as const) {
    for (let n = 1; n <= steps; n++) {
      const b = await bench(t)
      const kill = new AbortController()
      let count = 0
      b.step = async (_request, handle) => {
        if (++count !== n) return handle()
        // The request is lost, or it is done and its answer is lost.
        const response = when === 'after' ? await handle() : new Response(null, { status: 503 })
        kill.abort(new DistError('interrupted'))
        return response
      }
      const killed = await b.dist(undefined, { signal: kill.signal })
      const at = `${when} request ${n} (${b.requests[n - 1]})`
      assert.ok(killed.code === 130 || n === steps, `${at}: ${killed.code} ${killed.stderr}`)
      assert.equal(killed.stdout === '', killed.code === 130, at)
      b.step = (_request, handle) => handle()
      const ran = await b.dist()
      assert.equal(ran.code, 0, `${at}: ${ran.stderr}`)
      const all = await b.app.ask('GET', '/api/v1/apps/acme-notes/releases?state=all', { token: b.token })
      const releases = all.json.items.filter((r: { state: string }) => r.state !== 'discarded')
      assert.equal(releases.length, 1, at)
      assert.equal(releases[0].state, 'announced', at)
      assert.equal(releases[0].artifacts.length, 3, at)
      assert.equal(releases[0].links.length, 1, at)
      const moves = await b.app.ask('GET', '/api/v1/apps/acme-notes/channels/beta/moves', { token: b.token })
      assert.equal(moves.json.items.length, 1, at)
    }
  }
})

test('dist ci publish survives a server that fails every other request', { timeout: 120_000 }, async (t) => {
  const b = await bench(t)
  let count = 0
  // Done, but the answer is lost: the hardest failure to repeat rightly.
  b.step = async (_request, handle) => {
    const response = await handle()
    return ++count % 2 === 1 && response.ok ? new Response('bad gateway', { status: 502 }) : response
  }
  const ran = await b.dist(undefined, { env: { DIST_RETRIES: '3' } })
  assert.equal(ran.code, 0, ran.stderr)
  assert.equal(ran.json.created, true)
  assert.equal(ran.json.artifacts.length, 3)
  assert.equal(ran.json.channel.current, '1.4.0+1040')
})

test('dist ci publish continues an upload at the offset of the server when the connection is cut', {
  timeout: 120_000,
}, async (t) => {
  const b = await bench(t, 'fs')
  const bytes = new Uint8Array(6 << 20).fill(7)
  await write(b.folder, 'out/big.bin', bytes)
  await b.manifest({ artifacts: [{ path: 'out/big.bin', platform: 'linux' }] })
  const offsets: number[] = []
  b.step = (request, handle) => {
    if (request.method === 'PATCH') offsets.push(Number(request.headers.get('upload-offset')))
    return handle()
  }
  const proxy = await cuttingProxy(t, b.port, 2 << 20, 2)
  const ran = await b.dist(undefined, { port: proxy })
  assert.equal(ran.code, 0, ran.stderr)
  assert.equal(ran.json.artifacts[0].digest, digestOf(bytes))
  assert.ok(offsets.length >= 2, String(offsets))
  assert.ok(
    offsets.some((offset) => offset > 0),
    String(offsets),
  )
})

/** A TCP proxy that cuts the first `cuts` connections that carry more than `limit` bytes to the server. */
async function cuttingProxy(t: TestContext, port: number, limit: number, cuts: number): Promise<number> {
  let left = cuts
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    let carried = 0
    client.on('data', (chunk) => {
      carried += chunk.byteLength
      upstream.write(chunk)
      if (carried > limit && left > 0) {
        left--
        client.destroy()
        upstream.end()
      }
    })
    upstream.on('data', (chunk) => client.write(chunk))
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('dist ci publish begins an upload anew when the server lost it', async (t) => {
  const b = await bench(t)
  let lost = false
  b.step = async (request, handle) => {
    if (request.method === 'PATCH' && !lost) {
      lost = true
      await request.body?.cancel()
      await b.app.ask('DELETE', new URL(request.url).pathname, { token: b.token })
      return b.app
        .ask('HEAD', new URL(request.url).pathname, { token: b.token })
        .then(() => new Response('', { status: 502 }))
    }
    return handle()
  }
  const ran = await b.dist()
  assert.equal(ran.code, 0, ran.stderr)
  assert.equal(b.requests.filter((line) => line === 'POST /uploads').length, 4)
})

test('dist ci publish finds out that a file changed while it was uploaded', async (t) => {
  const b = await bench(t)
  b.step = async (request, handle) => {
    if (new URL(request.url).pathname.endsWith('/uploads'))
      await write(b.folder, 'out/notes.bin', 'changed '.repeat(750))
    return handle()
  }
  const ran = await b.dist()
  assert.equal(ran.code, 7, ran.stderr)
  assert.equal(ran.error.code, 'file.changed')
  const all = await b.app.ask('GET', '/api/v1/apps/acme-notes/releases?state=announced', { token: b.token })
  assert.deepEqual(all.json.items, [])
})

test('dist ci publish tells the CI system and writes a summary', async (t) => {
  const b = await bench(t)
  const env = {
    GITHUB_OUTPUT: join(b.folder, 'output'),
    GITHUB_STEP_SUMMARY: join(b.folder, 'summary.md'),
    DIST_DOTENV: join(b.folder, 'dist.env'),
  }
  const ran = await b.dist(undefined, { env })
  assert.equal(ran.code, 0, ran.stderr)
  const { release, channel } = ran.json
  const output = await readFile(env.GITHUB_OUTPUT, 'utf8')
  assert.deepEqual(output.trimEnd().split('\n').sort(), [
    'channel_moved=true',
    'created=true',
    `install_url=${channel.installUrl}`,
    `qrcode_url=${channel.qrUrl}`,
    `release_id=${release.id}`,
    'release_ref=1.4.0+1040',
    `release_url=${release.url}`,
    `set_url=${release.setUrl}`,
  ])
  assert.equal(await readFile(env.DIST_DOTENV, 'utf8'), output)
  assert.match(await readFile(env.GITHUB_STEP_SUMMARY, 'utf8'), /### acme-notes 1\.4\.0\+1040/)
  const bad = await b.dist(undefined, { env: { GITHUB_OUTPUT: join(b.folder, 'none/output') } })
  assert.equal(bad.code, 0)
  assert.match(bad.stderr, /warning: Cannot write GITHUB_OUTPUT/)
  // GitLab has no file of its own for a job to write to.
  const told = await b.dist(undefined, { env: { GITLAB_CI: 'true' } })
  assert.equal(told.stderr.split('\n').filter((line) => /^warning: .*DIST_DOTENV/.test(line)).length, 1, told.stderr)
  const quiet = await b.dist(undefined, { env: { GITLAB_CI: 'true', DIST_DOTENV: env.DIST_DOTENV } })
  assert.doesNotMatch(quiet.stderr, /DIST_DOTENV/)
})

test('dist ci publish is not allowed with a token that may only read, and never shows it', async (t) => {
  const b = await bench(t)
  const { secret } = await b.app.issue({ actions: ['read'] })
  const ran = await b.dist(['ci', 'publish', '--json', '--debug', '--token', secret])
  assert.equal(ran.code, 4)
  assert.equal(ran.stdout, '')
  assert.match(ran.stderr, /warning: the token is on the command line/)
  assert.match(ran.stderr, /debug: POST/)
  assert.ok(!ran.stderr.includes(secret))
})

test('dist publish needs no manifest', async (t) => {
  const b = await bench(t)
  const flags = ['--app', 'tool', '--version', '2.0', '--platform', 'linux', '--channel', 'stable', '--notes', 'hi']
  const ran = await b.dist(['publish', 'out/notes.bin', ...flags, '--json'])
  assert.equal(ran.code, 0, ran.stderr)
  assert.equal(ran.json.release.ref, '2.0')
  assert.equal(ran.json.channel.current, '2.0')
  const text = await b.dist(['publish', 'out/notes.bin', ...flags])
  assert.equal(text.code, 0)
  assert.match(text.stdout, /^already announced: tool 2\.0\n/)
  const bad = await b.dist([
    'publish',
    'out/notes.bin',
    '--app',
    'tool',
    '--version',
    '2.0',
    '--platform',
    'amiga',
    '--json',
  ])
  assert.equal(bad.code, 2)
  assert.equal(bad.error.code, 'usage.invalid')
})

test('dist ci publish tells what stands against a move, and again when the job is run again', async (t) => {
  const b = await bench(t)
  const { secret: admin } = await b.app.issue({ actions: ['admin'] })
  const build = async (versionCode: number) =>
    signApk(buildApk({ versionCode, minSdk: 26, targetSdk: 35 }), [{ scheme: 2, signer: await buildSigner() }])
  const [first, second] = [await build(7), await build(8)]
  const publish = async (version: string, apk: Uint8Array) => {
    await writeFile(join(b.folder, 'out/notes.apk'), apk)
    const artifacts = [{ path: 'out/notes.apk' }]
    await b.manifest({ version, tag: undefined, links: [], artifacts, channel: 'stable' })
    return b.dist()
  }
  const policy = (minChecks: string) =>
    b.app.ask('PATCH', '/api/v1/apps/acme-notes/channels/stable', { token: admin, body: { policy: { minChecks } } })
  const codes = (ran: Ran) => PublishResult.parse(JSON.parse(ran.stdout)).channel?.checks.map(({ code }) => code)
  assert.deepEqual(codes(await publish('1.0.0', first)), [])
  await policy('no-warnings')
  const refused = await publish('1.1.0', second)
  assert.deepEqual([refused.code, codes(refused)], [9, ['artifact.signer_changed']])
  await policy('none')
  for (const moved of [true, false]) {
    const ran = await publish('1.1.0', second)
    assert.equal(ran.code, 0, ran.stderr)
    assert.equal(JSON.parse(ran.stdout).channel.moved, moved)
    assert.deepEqual(codes(ran), ['artifact.signer_changed'])
    assert.match(ran.stderr, /notes\.apk: .*artifact\.signer_changed/)
  }
})
