import assert from 'node:assert/strict'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { DistError } from '../../src/errors.ts'
import { PipelineState } from '../../src/model/pipeline-state.ts'
import { runDist } from '../helpers/cli-host.ts'
import { type DistRun, dist } from '../helpers/dist.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { createTestApp } from '../helpers/test-app.ts'

const MANIFEST = {
  schema: 1,
  app: 'notes',
  name: 'Notes',
  visibility: 'public',
  version: '1.4.0',
  build: '7',
  tag: 'v1.4.0',
  notes: { file: 'CHANGELOG.md' },
  channel: 'beta',
  source: { commit: 'abcdef12' },
  artifacts: [
    { path: 'out/notes-x64.bin', platform: 'linux', arch: 'amd64' },
    { path: 'out/notes-arm64.bin', platform: 'linux', arch: 'arm64', fileName: 'arm64 notes.bin' },
    { path: 'out/tool-*.bin', platform: 'windows' },
    { path: 'out/notes.sbom', kind: 'sbom', format: 'file', describes: 'notes-x64.bin' },
  ],
  links: [{ platform: 'ios', kind: 'testflight', url: 'https://testflight.apple.com/join/abc' }],
}
const NAMES = ['arm64 notes.bin', 'notes-x64.bin', 'notes.sbom', 'tool-3.bin']
const X64 = { 'out/notes-x64.bin': 'for x64', 'out/notes.sbom': 'a list' }
const OTHERS = { 'out/notes-arm64.bin': 'for arm64', 'out/tool-3.bin': 'for windows' }

type Dist = (line: string, options?: { in?: string; env?: Record<string, string>; token?: string }) => Promise<DistRun>

interface Bench {
  readonly app: ServedApp
  readonly root: string
  readonly token: string
  /** Runs one line in a folder below the root, `plan` when none is named. */
  readonly dist: Dist
  /** A folder below the root with these files, and a copy of the state file of another. */
  folder(name: string, files?: Record<string, string>, stateOf?: string): Promise<string>
  state(folder?: string): Promise<PipelineState>
  /** What somebody without a credential sees of the app, and where the channel is. */
  public(): Promise<unknown>
}

async function bench(t: TestContext, manifest: Record<string, unknown> = {}): Promise<Bench> {
  const app = await serveTestApp()
  const root = await mkdtemp(join(tmpdir(), 'dist-pipeline-'))
  t.after(async () => {
    await app.close()
    await rm(root, { recursive: true, force: true })
  })
  const { secret: token } = await app.issue({ actions: ['publish'] })
  const b: Bench = {
    app,
    root,
    token,
    dist: (line, { in: folder = 'plan', env = {}, token: other = token } = {}) =>
      dist([...line.split(' '), '--json'], { server: app.url, token: other, cwd: join(root, folder), env }),
    async folder(name, files = {}, stateOf) {
      await mkdir(join(root, name), { recursive: true })
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(root, name, path)), { recursive: true })
        await writeFile(join(root, name, path), text)
      }
      if (stateOf !== undefined) {
        await copyFile(join(root, stateOf, 'dist-state.json'), join(root, name, 'dist-state.json'))
      }
      return join(root, name)
    },
    async state(folder = 'plan') {
      return PipelineState.parse(JSON.parse(await readFile(join(root, folder, 'dist-state.json'), 'utf8')))
    },
    async public() {
      const paths = ['/api/v1/apps/notes/releases', '/api/v1/apps/notes/releases/latest', '/notes/announcements.atom']
      const seen = await Promise.all(paths.map((path) => fetch(app.url + path)))
      const channel = await fetch(`${app.url}/api/v1/apps/notes/channels/beta`)
      const bodies = await Promise.all([...seen, channel].map((answer) => answer.text()))
      return [...seen, channel].map(({ status }, i) => [status, bodies[i]!.replace(/"requestId":"[^"]+"/, '')])
    },
  }
  await b.folder('plan', { 'dist.json': JSON.stringify({ ...MANIFEST, ...manifest }), 'CHANGELOG.md': '# 1.4.0\nnew' })
  return b
}

function ok(ran: DistRun): DistRun {
  assert.equal(ran.code, 0, ran.stderr)
  return ran
}

test('a pipeline of five steps on four machines shares one file, and nothing is public before the last step', async (t) => {
  const b = await bench(t)
  const planned = ok(await b.dist('ci plan'))
  const nothing = await b.public()
  assert.deepEqual(planned.json, await b.state())
  const { release, files, stage } = await b.state()
  assert.equal(stage, 'planned')
  assert.equal(release.url, `${b.app.url}/notes/releases/1.4.0+7`)
  const urls = [`${release.url}/notes-x64.bin`, `${release.url}/arm64%20notes.bin`, null, `${release.url}/notes.sbom`]
  assert.deepEqual(
    files.map(({ url }) => url),
    urls,
  )

  // Two machines, each with an empty folder that has what it built and the state of the plan.
  await b.folder('x64', X64, 'plan')
  const part = ok(await b.dist('ci host --partial', { in: 'x64' })).json
  assert.deepEqual([part.release.state, part.missing], ['draft', ['out/notes-arm64.bin', 'out/tool-*.bin']])
  const set = await fetch(files[0]!.setUrl!)
  assert.deepEqual([set.status, await set.text()], [200, 'for x64'])
  assert.deepEqual(await b.public(), nothing)

  await b.folder('others', OTHERS, 'plan')
  const hosted = ok(await b.dist('ci host', { in: 'others' })).json
  assert.deepEqual([hosted.created, hosted.release.state, hosted.missing], [true, 'published', []])
  assert.deepEqual(hosted.artifacts.map(({ fileName }: { fileName: string }) => fileName).sort(), NAMES)
  assert.equal(hosted.links.length, 1)
  assert.deepEqual(await b.public(), nothing)
  for (const url of urls.filter((url) => url !== null)) assert.equal((await fetch(url)).status, 200, url)
  const after = await b.state('others')
  assert.equal(after.stage, 'hosted')
  assert.equal(after.files[0]!.digest, digestOf(new TextEncoder().encode('for x64')))

  // A machine that has the state of the plan alone.
  await b.folder('last', {}, 'plan')
  const announced = ok(await b.dist('ci announce', { in: 'last' })).json
  const [only] = announced.releases
  assert.deepEqual([announced.releases.length, only.created, only.release.state], [1, true, 'announced'])
  assert.deepEqual([only.channel.moved, only.channel.current], [true, '1.4.0+7'])
  assert.deepEqual(
    only.artifacts.map(({ digest }: { digest: string }) => digest).sort(),
    hosted.artifacts.map(({ digest }: { digest: string }) => digest).sort(),
  )
  const latest = await fetch(`${b.app.url}/api/v1/apps/notes/releases/latest`)
  const shown = (await latest.json()) as { ref: string; notes: string }
  assert.deepEqual([shown.ref, shown.notes.trim()], ['1.4.0+7', 'new'])
  assert.equal((await b.state('last')).stage, 'announced')
})

test('every step that is run again succeeds, at every stage, and changes nothing', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  const { release } = await b.state()
  const again = ok(await b.dist('ci plan')).json
  assert.deepEqual(again.release, release)
  await b.folder('plan', { ...X64, ...OTHERS })
  for (const line of ['ci host --partial', 'ci host --partial', 'ci host', 'ci host', 'ci host --partial']) {
    const { json } = ok(await b.dist(line))
    assert.equal(json.release.id, release.id, line)
  }
  // The whole job again, from its first step, on a sealed and on an announced release.
  for (const stage of ['hosted', 'announced']) {
    const replanned = ok(await b.dist('ci plan'))
    assert.match(replanned.stderr, /already/)
    assert.deepEqual([replanned.json.stage, replanned.json.release.id], [stage, release.id])
    const { json } = ok(await b.dist('ci host'))
    assert.deepEqual([json.created, json.release.id], [false, release.id])
    assert.ok(json.artifacts.every(({ uploaded }: { uploaded: boolean }) => !uploaded))
    const announced = ok(await b.dist('ci announce')).json.releases[0]
    assert.deepEqual([announced.created, announced.release.state], [stage === 'hosted', 'announced'])
  }
  const moves = await fetch(`${b.app.url}/api/v1/apps/notes/channels/beta/moves`)
  assert.equal(((await moves.json()) as { items: unknown[] }).items.length, 1)
  // Other bytes are no repetition.
  await b.folder('plan', { 'out/notes-x64.bin': 'other' })
  const other = await b.dist('ci host')
  assert.deepEqual([other.code, other.error.code], [6, 'release.conflict'])
  assert.match(other.error.message, /notes-x64\.bin/)
})

test('a plan with a bad token, or one that may not publish, fails before anything is built', async (t) => {
  const b = await bench(t)
  const reader = await b.app.issue({ actions: ['read'] })
  for (const token of [`distp_${'a1B2'.repeat(12)}`, reader.secret]) {
    const ran = await b.dist('ci plan', { token })
    assert.equal(ran.code, 4, ran.stderr)
    assert.deepEqual((await readdir(join(b.root, 'plan'))).sort(), ['CHANGELOG.md', 'dist.json'])
  }
})

test('a mock plan asks no server, and no step does anything with it', async (t) => {
  const b = await bench(t)
  const folder = join(b.root, 'plan')
  const mocked = await dist(['ci', 'plan', '--mock', '--json'], { cwd: folder })
  assert.equal(mocked.code, 0, mocked.stderr)
  assert.deepEqual([mocked.json.mock, mocked.json.release.id], [true, null])
  assert.equal(mocked.json.files[0].url, 'https://dist.invalid/notes/releases/1.4.0+7/notes-x64.bin')
  assert.ok(ok(await b.dist('ci plan --mock')).json.release.url.startsWith(`${b.app.url}/notes/`))
  await b.folder('plan', { ...X64, ...OTHERS })
  for (const line of [
    'ci host',
    'ci host --partial',
    'ci announce',
    'ci preview',
    'release discard --state dist-state.json',
  ]) {
    const ran = await b.dist(line)
    assert.deepEqual([ran.code, ran.error.code], [2, 'state.mock'], line)
    const offline = await dist([...line.split(' '), '--json'], { cwd: folder })
    assert.equal(offline.error.code, 'state.mock', line)
  }
  assert.deepEqual(b.app.requests, [])
})

test('the URLs of a mock are those of the plan on the same server', async (t) => {
  const b = await bench(t)
  const mock = ok(await b.dist('ci plan --mock')).json
  const real = ok(await b.dist('ci plan')).json
  const urls = ({ release, files }: PipelineState) => [release.ref, release.url, files.map(({ url }) => url)]
  assert.deepEqual(urls(mock), urls(real))
})

test('a version that another commit or another token planned is refused until it is discarded', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  const { release } = await b.state()
  const other = await b.app.issue({ actions: ['publish'] })
  await b.folder('commit', { 'dist.json': JSON.stringify({ ...MANIFEST, notes: '', source: { commit: 'fedcba98' } }) })
  for (const token of [b.token, other.secret]) {
    const ran = await b.dist('ci plan', { in: 'commit', token })
    assert.deepEqual([ran.code, ran.error.code], [6, 'release.reserved'], ran.stderr)
    assert.ok(ran.error.message.includes(release.id))
  }
  assert.equal((await b.dist('release discard --state dist-state.json')).json.discarded, '1.4.0+7')
  ok(await b.dist('ci plan', { in: 'commit' }))
  assert.notEqual((await b.state('commit')).release.id, release.id)
})

test('a step that another token does finds and seals what was planned', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  await b.folder('plan', { ...X64, ...OTHERS })
  const other = await b.app.issue({ actions: ['publish'] })
  const { json } = ok(await b.dist('ci host', { token: other.secret }))
  assert.deepEqual([json.release.id, json.release.state], [(await b.state()).release.id, 'published'])
})

test('a host that misses files says which, and uploads nothing', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  await b.folder('plan', X64)
  const before = b.app.requests.length
  const ran = await b.dist('ci host')
  assert.deepEqual([ran.code, ran.error.code], [3, 'manifest.file_missing'])
  assert.match(ran.error.message, /out\/notes-arm64\.bin, out\/tool-\*\.bin/)
  assert.deepEqual(ran.error.details.missing, ['out/notes-arm64.bin', 'out/tool-*.bin'])
  assert.ok(b.app.requests.slice(before).every((line) => line.startsWith('GET ')))
  await b.folder('empty', {}, 'plan')
  assert.equal((await b.dist('ci host --partial', { in: 'empty' })).error.code, 'manifest.file_missing')
  const several = await b.folder('plan', { 'out/tool-3.bin': '3', 'out/tool-4.bin': '4' })
  assert.equal((await b.dist(`ci host --partial --dir ${several}`)).error.code, 'manifest.glob')
})

test('a host puts right what an earlier plan or build left in the draft', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  await b.folder('plan', { ...X64, 'out/tool-2.bin': 'older' })
  ok(await b.dist('ci host --partial'))
  await rm(join(b.root, 'plan/out/tool-2.bin'))
  await b.folder('plan', { ...OTHERS, 'out/notes-x64.bin': 'built again' })
  const [x64, , tool] = MANIFEST.artifacts
  const manifest = { ...MANIFEST, notes: 'better', links: [], artifacts: [x64, tool] }
  await b.folder('plan', { 'dist.json': JSON.stringify(manifest) })
  const id = (await b.state()).release.id
  assert.equal(ok(await b.dist('ci plan')).json.release.id, id)
  const { json } = ok(await b.dist('ci host'))
  assert.deepEqual(json.artifacts.map(({ fileName }: { fileName: string }) => fileName).sort(), [
    'notes-x64.bin',
    'tool-3.bin',
  ])
  assert.deepEqual(json.links, [])
  const digests = json.artifacts.map(({ digest }: { digest: string }) => digest)
  assert.ok(digests.includes(digestOf(new TextEncoder().encode('built again'))))
})

test('a host after the reservation ran out holds the version anew, or says who has it', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  await b.folder('plan', { ...X64, ...OTHERS })
  await b.app.clock.advance(25 * 3_600_000)
  await b.folder('other', { 'dist.json': JSON.stringify({ ...MANIFEST, notes: '', source: { commit: 'fedcba98' } }) })
  ok(await b.dist('ci plan', { in: 'other' }))
  const before = b.app.requests.length
  const taken = await b.dist('ci host')
  assert.deepEqual([taken.code, taken.error.code], [6, 'release.reserved'], taken.stderr)
  assert.ok(!b.app.requests.slice(before).some((line) => line.includes('/uploads')))
  await b.app.clock.advance(25 * 3_600_000)
  const { json } = ok(await b.dist('ci host --partial'))
  assert.equal(json.release.state, 'draft')
  const late = await b.dist('ci plan', { in: 'other' })
  assert.equal(late.error.code, 'release.reserved')
  assert.equal(ok(await b.dist('ci host')).json.release.state, 'published')
})

test('a discarded pipeline leaves a free version and dead URLs, and its steps say so', async (t) => {
  const b = await bench(t)
  await b.folder('plan', { ...X64, ...OTHERS })
  ok(await b.dist('ci publish'))
  const before = await b.public()
  await b.folder('plan', { 'dist.json': JSON.stringify({ ...MANIFEST, version: '1.5.0', tag: undefined }) })
  for (const steps of [['ci plan'], ['ci plan', 'ci host --partial'], ['ci plan', 'ci host']]) {
    for (const line of steps) ok(await b.dist(line))
    const { release, files } = await b.state()
    ok(await b.dist('release discard --state dist-state.json'))
    const again = await b.dist('release discard --state dist-state.json')
    assert.equal(again.code, 0, again.stderr)
    for (const url of [release.url, release.setUrl!, files[0]!.url!, files[0]!.setUrl!]) {
      assert.equal((await fetch(url)).status, 404, url)
    }
    assert.deepEqual(await b.public(), before, steps.join())
    for (const line of ['ci host', 'ci announce']) {
      const ran = await b.dist(line)
      assert.deepEqual([ran.code, ran.error.code], [5, 'release.not_found'], line)
    }
  }
  ok(await b.dist('ci plan'))
  ok(await b.dist('ci host'))
  ok(await b.dist('ci announce'))
  const late = await b.dist('release discard --state dist-state.json')
  assert.deepEqual([late.code, late.error.code], [6, 'release.wrong_state'])
  assert.equal((await b.dist('release discard')).code, 2)
  assert.equal((await b.dist('release discard notes 1.5.0 --state dist-state.json')).code, 2)
})

test('an announcement of several states makes all releases live in one step, or none', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  await b.folder('plan', { ...X64, ...OTHERS })
  const sync = { schema: 1, app: 'sync', visibility: 'public', version: '2.0.0', channel: 'beta' }
  await b.folder('sync', {
    'dist.json': JSON.stringify({ ...sync, artifacts: [{ path: 'sync.bin', platform: 'linux' }] }),
    'sync.bin': 'sync',
    'NEWS.md': 'Both *at once*.',
  })
  ok(await b.dist('ci plan', { in: 'sync' }))
  ok(await b.dist('ci host'))
  const line = `ci announce --state dist-state.json --state ../plan/dist-state.json --title Both --body NEWS.md`
  const early = await b.dist(line, { in: 'sync' })
  assert.deepEqual([early.code, early.error.code], [6, 'state.stage'], early.stderr)
  assert.match(early.error.message, /"2\.0\.0" of "sync"/)
  assert.equal((await fetch(`${b.app.url}/api/v1/apps/notes/releases/latest`)).status, 404)

  ok(await b.dist('ci host', { in: 'sync' }))
  const output = join(b.root, 'output')
  const { json } = ok(await b.dist(line, { in: 'sync', env: { GITHUB_OUTPUT: output } }))
  assert.deepEqual([json.announcement.title, json.announcement.body], ['Both', 'Both *at once*.'])
  assert.deepEqual(
    json.announcement.releases.map(({ app, ref }: { app: string; ref: string }) => `${app} ${ref}`),
    ['sync 2.0.0', 'notes 1.4.0+7'],
  )
  assert.deepEqual(
    json.releases.map(({ channel }: { channel: { moved: boolean; current: string } }) => [
      channel.moved,
      channel.current,
    ]),
    [
      [true, '2.0.0'],
      [true, '1.4.0+7'],
    ],
  )
  assert.ok((await readFile(output, 'utf8')).includes(`announcement_url=${json.announcement.url}\n`))
  const again = ok(await b.dist(line, { in: 'sync' }))
  assert.equal(again.json.announcement, null)
  assert.match(again.stderr, /nothing was left to announce/)
  const listed = await fetch(`${b.app.url}/api/v1/apps/notes/announcements`)
  assert.equal(((await listed.json()) as { items: unknown[] }).items.length, 1)
})

test('an announcement ends with 9 when the channel refuses, and the release is live', async (t) => {
  const b = await bench(t)
  await b.folder('plan', { ...X64, ...OTHERS })
  ok(await b.dist('ci publish'))
  await b.folder('plan', { 'dist.json': JSON.stringify({ ...MANIFEST, version: '1.3.0', tag: undefined }) })
  ok(await b.dist('ci plan'))
  ok(await b.dist('ci host'))
  for (const created of [true, false]) {
    const ran = await b.dist('ci announce')
    assert.equal(ran.code, 9, ran.stderr)
    const [only] = ran.json.releases
    assert.deepEqual([only.created, only.release.state], [created, 'announced'])
    assert.deepEqual([only.channel.moved, only.channel.reason.code], [false, 'channel.not_newer'])
  }
})

test('a preview becomes live without another build: the same files, the same URLs', async (t) => {
  const b = await bench(t)
  await b.folder('plan', { ...X64, ...OTHERS })
  const output = join(b.root, 'output')
  const previewed = ok(
    await b.dist('ci preview --manifest dist.json --days 3', { env: { GITHUB_OUTPUT: output } }),
  ).json
  const { preview, release } = previewed
  assert.deepEqual([release.state, release.previewUrl], ['published', preview.url])
  assert.ok((await readFile(output, 'utf8')).includes(`preview_url=${preview.url}\n`))
  assert.equal(Date.parse(preview.expiresAt) - Date.parse(preview.createdAt), 3 * 86_400_000)
  const tested = await fetch(`${preview.url}/notes-x64.bin`)
  assert.deepEqual([tested.status, await tested.text()], [200, 'for x64'])
  assert.equal((await b.state()).previewUrl, preview.url)
  assert.equal((await fetch(`${b.app.url}/api/v1/apps/notes/releases/latest`)).status, 404)
  assert.equal(ok(await b.dist('ci preview')).json.preview.id, preview.id)

  // Elsewhere, where there are no files.
  await b.folder('later', {}, 'plan')
  const [only] = ok(await b.dist('ci announce', { in: 'later' })).json.releases
  const facts = (result: { artifacts: { fileName: string; digest: string; url: string }[] }) =>
    result.artifacts.map(({ fileName, digest, url }) => [fileName, digest, url]).sort()
  assert.deepEqual(facts(only), facts(previewed))
  assert.deepEqual([only.release.id, only.release.setUrl], [release.id, release.setUrl])
  assert.equal((await b.dist('ci preview')).error.code, 'release.wrong_state')
  assert.equal((await b.dist('ci preview --days 9999')).error.code, 'usage.invalid')
})

test('a version that was purged is taken for good, for a plan and for a publish', async (t) => {
  const b = await bench(t)
  await b.folder('plan', { ...X64, ...OTHERS })
  const admin = await b.app.issue({ actions: ['admin'] })
  await b.folder('plan', {
    'dist.json': JSON.stringify({ ...MANIFEST, channel: undefined, version: '2.0.0', tag: undefined }),
  })
  ok(await b.dist('ci publish'))
  ok(await b.dist('release purge notes 2.0.0+7 --reason leak', { token: admin.secret }))
  for (const line of ['ci plan', 'ci publish']) {
    const ran = await b.dist(line)
    assert.deepEqual([ran.code, ran.error.code], [6, 'release.conflict'], ran.stderr)
    assert.match(ran.error.message, /: it was purged: leak/)
  }
})

test('a publish until host seals and stops; the publish after it goes on', async (t) => {
  const b = await bench(t)
  await b.folder('plan', { ...X64, ...OTHERS })
  const until = ok(await b.dist('ci publish --until host'))
  assert.match(until.stderr, /channel beta is not moved/)
  assert.deepEqual([until.json.release.state, until.json.channel], ['published', null])
  // Nothing is listed, latest, in the feed or on the channel.
  const [list, latest, feed, channel] = (await b.public()) as [number, string][]
  assert.deepEqual(list, [200, '{"items":[],"nextCursor":null}'])
  assert.deepEqual([latest![0], channel![0]], [404, 404])
  assert.equal(feed![0], 200)
  assert.doesNotMatch(feed![1], /<entry>/)
  const { json } = ok(await b.dist('ci publish'))
  assert.deepEqual([json.created, json.release.id, json.release.state], [false, until.json.release.id, 'announced'])
  assert.equal(json.channel.moved, true)
})

test('two machines that bring their files at once both end well, whoever seals', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  await b.folder('x64', { ...X64, ...OTHERS }, 'plan')
  await b.folder('arm64', { ...X64, ...OTHERS }, 'plan')
  const runs = await Promise.all(['x64', 'arm64'].map((folder) => b.dist('ci host', { in: folder })))
  for (const run of runs) assert.equal(run.code, 0, run.stderr)
  assert.equal(new Set(runs.map(({ json }) => json.release.id)).size, 1)
})

test('a step tells the CI system what was planned', async (t) => {
  const b = await bench(t)
  const env = { GITHUB_OUTPUT: join(b.root, 'output'), GITHUB_STEP_SUMMARY: join(b.root, 'summary.md') }
  const { json } = ok(await b.dist('ci plan', { env }))
  const lines = (await readFile(env.GITHUB_OUTPUT, 'utf8')).trimEnd().split('\n')
  assert.ok(lines.includes(`release_url=${json.release.url}`))
  assert.ok(lines.includes(`set_url=${json.release.setUrl}`))
  assert.match(await readFile(env.GITHUB_STEP_SUMMARY, 'utf8'), /^### notes 1\.4\.0\+7\n/)
})

test('a state file is plain to read, replaced as a whole, and holds no secret', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  const path = join(b.root, 'plan/dist-state.json')
  assert.equal((await stat(path)).mode & 0o777, 0o644 & ~process.umask())
  assert.ok(!(await readFile(path, 'utf8')).includes(b.token))
  assert.deepEqual((await readdir(join(b.root, 'plan'))).sort(), ['CHANGELOG.md', 'dist-state.json', 'dist.json'])
  const before = await readFile(path, 'utf8')
  await chmod(join(b.root, 'plan'), 0o755)
  const unwritable = await b.dist('ci plan --state absent/dist-state.json')
  assert.equal(unwritable.code, 2, unwritable.stderr)
  assert.equal((await b.dist('ci plan --state .')).code, 2)
  assert.equal(await readFile(path, 'utf8'), before)
})

test('a state file that is damaged, of another version or of another server is refused before any request', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  const state = await b.state()
  const before = b.app.requests.length
  const refused = async (text: string | Uint8Array, code: string, message: RegExp) => {
    await writeFile(join(b.root, 'plan/dist-state.json'), text)
    for (const line of ['ci host', 'ci announce', 'ci preview', 'release discard --state dist-state.json']) {
      const ran = await b.dist(line)
      assert.deepEqual([ran.code, ran.error.code], [3, code], ran.stderr)
      assert.match(ran.error.message, message)
    }
  }
  const changed = (change: object) => JSON.stringify({ ...state, ...change })
  await refused('{', 'state.invalid', /dist-state\.json/)
  await refused('{"schema":1,"schema":1}', 'state.invalid', /twice/)
  await refused(changed({ schema: 2 }), 'state.invalid', /schema/)
  await refused(changed({ token: 'x' }), 'state.invalid', /unknown field "token"/)
  await refused(changed({ release: { ...state.release, ref: '9.9.9' } }), 'state.invalid', /release\.ref/)
  await refused(changed({ release: { ...state.release, id: null } }), 'state.invalid', /release\.id/)
  await refused(changed({ release: { ...state.release, url: 'javascript:alert(1)' } }), 'state.invalid', /release\.url/)
  await refused(changed({ server: 'https://other.example' }), 'state.invalid', /https:\/\/other\.example/)
  await refused(Uint8Array.of(0xff, 0xfe), 'state.unreadable', /UTF-8/)
  await refused(' '.repeat((16 << 20) + 1), 'state.unreadable', /larger/)
  await rm(join(b.root, 'plan/dist-state.json'))
  const absent = await b.dist('ci host')
  assert.deepEqual([absent.code, absent.error.code], [3, 'state.unreadable'])
  assert.match(absent.error.hint ?? '', /dist ci plan/)
  assert.equal(b.app.requests.length, before)
})

test('a state file whose id is of another release is refused by every step, and that release stays', async (t) => {
  const b = await bench(t)
  await b.folder('plan', { ...X64, ...OTHERS })
  ok(await b.dist('ci plan'))
  const other = (await b.state()).release.id
  ok(await b.dist('ci host'))
  await b.folder('plan', { 'dist.json': JSON.stringify({ ...MANIFEST, version: '1.5.0', tag: 'v1.5.0' }) })
  ok(await b.dist('ci plan'))
  const state = await b.state()
  await b.folder('plan', {
    'dist-state.json': JSON.stringify({ ...state, release: { ...state.release, id: other } }),
  })
  for (const line of ['ci host', 'ci announce', 'ci preview', 'release discard --state dist-state.json']) {
    const ran = await b.dist(line)
    assert.deepEqual([ran.code, ran.error.code], [3, 'state.invalid'], `${line}: ${ran.stderr}`)
    assert.match(ran.error.message, /its release id is of "1\.4\.0\+7", not of "1\.5\.0\+7"/)
    assert.match(ran.error.hint, /dist ci plan/)
  }
  const kept = await b.app.ask('GET', `/api/v1/apps/notes/releases/${other}`, { token: b.token })
  assert.equal(kept.json.state, 'published')
})

test('the words of the steps say what each did', async (t) => {
  const b = await bench(t, { channel: undefined })
  const at = { server: b.app.url, token: b.token, cwd: join(b.root, 'plan') }
  const words = async (line: string) => ok(await dist(line.split(' '), at)).stdout
  await b.folder('plan', { ...X64, ...OTHERS })
  await words('ci plan')
  assert.match(await words('ci host'), /^published notes 1\.4\.0\+7, not announced yet\n\nFILE .* BYTES\n/)
  const announced = await words('ci announce')
  assert.match(announced, /^announced notes 1\.4\.0\+7\n\nFILE .* SIZE\n/, 'it brought no bytes')
  assert.match(await words('ci announce'), /^already announced: notes 1\.4\.0\+7\n/)

  await b.folder('plan', { 'dist.json': JSON.stringify({ ...MANIFEST, version: '1.5.0', tag: undefined }) })
  await words('ci plan')
  const publish = await b.dist('ci publish')
  assert.equal(publish.error.code, 'release.reserved')
  assert.match(publish.error.hint, /dist ci host.*dist release discard/)
  assert.equal(await words('release discard --state dist-state.json'), 'discarded notes 1.5.0+7\n')
  assert.equal(await words('release discard --state dist-state.json'), 'nothing is left of notes 1.5.0+7\n')
  await b.folder('plan', { 'dist-state.json': '{' })
  const broken = await b.dist('ci host')
  assert.match(broken.error.message, /^Cannot use dist-state\.json: it is not JSON: .*\(line 1\)$/)
  assert.match(broken.error.hint, /dist ci plan/)
})

test('a planned path cannot leave the folder, whatever a state file says', async (t) => {
  const b = await bench(t)
  ok(await b.dist('ci plan'))
  const state = await b.state()
  await writeFile(join(b.root, 'secret.bin'), 'secret')
  const [first, ...rest] = state.files
  for (const path of ['../secret.bin', join(b.root, 'secret.bin'), '../*.bin']) {
    await b.folder('plan', { 'dist-state.json': JSON.stringify({ ...state, files: [{ ...first, path }, ...rest] }) })
    const ran = await b.dist('ci host --partial')
    assert.deepEqual([ran.code, ran.error.code], [3, 'manifest.path'], ran.stderr)
  }
})

/** A pipeline in one folder, with something between the command line and the server. */
async function killable(t: TestContext) {
  const app = await createTestApp()
  const { secret: token } = await app.issue({ actions: ['publish'] })
  const folder = await mkdtemp(join(tmpdir(), 'dist-pipeline-'))
  const between = {
    requests: [] as string[],
    step: (_request: Request, handle: () => Promise<Response>) => handle(),
  }
  const server = await (await currentRuntime()).serve({
    hostname: '127.0.0.1',
    port: 0,
    maxConnections: 100,
    log: () => undefined,
    fetch(request) {
      between.requests.push(`${request.method} ${new URL(request.url).pathname}`)
      return between.step(request, () => app.fetch(request))
    },
  })
  t.after(async () => {
    await server.stop(0)
    await app.close()
    await rm(folder, { recursive: true, force: true })
  })
  const artifacts = [
    { path: 'notes.bin', platform: 'linux' },
    { path: 'notes.sbom', kind: 'sbom', format: 'file', describes: 'notes.bin' },
  ]
  const { links } = MANIFEST
  await writeFile(
    join(folder, 'dist.json'),
    JSON.stringify({ schema: 1, app: 'notes', version: '1.4.0', channel: 'beta', artifacts, links }),
  )
  for (const { path } of artifacts) await writeFile(join(folder, path), path)
  const run = (line: string, signal?: AbortSignal) =>
    runDist([...line.split(' '), '--json'], {
      cwd: folder,
      env: { DIST_SERVER: `http://127.0.0.1:${server.port}`, DIST_TOKEN: token, DIST_RETRIES: '0' },
      ...(signal === undefined ? {} : { signal }),
    })
  return { app, token, between, run }
}

test('a pipeline whose steps are killed at any request and run again ends as one release', {
  timeout: 180_000,
}, async (t) => {
  const lines = ['ci plan', 'ci host', 'ci announce']
  const measured = await killable(t)
  for (const line of lines) assert.equal((await measured.run(line)).code, 0)
  const steps = measured.between.requests.length
  assert.ok(steps > 15, String(steps))
  for (let n = 1; n <= steps; n++) {
    const b = await killable(t)
    const kill = new AbortController()
    let count = 0
    b.between.step = async (_request, handle) => {
      // It is done and its answer is lost; a request that is lost leaves what the one before it left.
      const response = await handle()
      if (++count === n) kill.abort(new DistError('interrupted'))
      return response
    }
    const at = `request ${n} (${measured.between.requests[n - 1]})`
    for (const line of lines) {
      let ran = await b.run(line, kill.signal.aborted ? undefined : kill.signal)
      if (ran.code === 130) ran = await b.run(line)
      assert.equal(ran.code, 0, `${at}: ${line}: ${ran.stderr}`)
    }
    assert.ok(kill.signal.aborted, at)
    const all = await b.app.ask('GET', '/api/v1/apps/notes/releases?state=all', { token: b.token })
    const facts = all.json.items.map((release: { state: string; artifacts: unknown[]; links: unknown[] }) => [
      release.state,
      release.artifacts.length,
      release.links.length,
    ])
    assert.deepEqual(facts, [['announced', 2, 1]], at)
    const moves = await b.app.ask('GET', '/api/v1/apps/notes/channels/beta/moves', { token: b.token })
    assert.equal(moves.json.items.length, 1, at)
  }
})
