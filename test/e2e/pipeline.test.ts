import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PipelineState } from '../../src/model/pipeline-state.ts'
import { digestOf, publishClient } from '../helpers/publish-client.ts'
import { createToken, dist, type Ended, start, type TestServer, testRuntime, withServer } from '../helpers/server.ts'
import { type Verdaccio, withVerdaccio } from '../helpers/verdaccio.ts'

const STATE = 'dist-state.json'
const MACHINES = ['x64', 'arm64'] as const
const NPM_PACKAGE = 'notes-tool'

const MANIFEST = {
  schema: 1,
  app: 'notes',
  name: 'Notes',
  visibility: 'public',
  version: '1.4.0',
  notes: 'What is *new*.',
  channel: 'stable',
  artifacts: [
    { path: 'out/notes-x64.tool', platform: 'linux', arch: 'x64' },
    { path: 'out/install-x64.sh', platform: 'linux', arch: 'x64', variant: 'installer' },
    { path: 'out/*-arm64.tool', platform: 'linux', arch: 'arm64' },
  ],
}

/** What a build does that knows the final URL of what it builds: an installer that downloads the tool from there. */
const BUILD = `
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs')
const [arch] = process.argv.slice(1)
const state = JSON.parse(readFileSync('${STATE}', 'utf8'))
mkdirSync('out')
writeFileSync('out/notes-' + arch + '.tool', 'the tool for ' + arch + ', ' + state.release.ref)
const { url } = state.files.find(({ path }) => path === 'out/notes-x64.tool')
if (arch === 'x64') writeFileSync('out/install-x64.sh', 'curl -fO ' + url + '\\n')
`

interface World {
  readonly server: TestServer
  readonly token: string
  /** An empty folder, as a job of a CI system begins with, and a copy of the state file of the job before. */
  job(name: string, after?: string): string
  /** Runs one `dist` in the folder of a job. */
  run(job: string, ...line: readonly string[]): Promise<Ended>
  state(job: string): PipelineState
  /** Everything that somebody without a credential sees move when a release comes out. */
  seen(): Promise<unknown>
}

/** A server on which `notes` 1.3.0 is live. */
async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  await withServer(async (server, folder) => {
    const token = await createToken(server.data, '--allow', 'publish')
    const anybody = publishClient(server.url)
    const world: World = {
      server,
      token,
      job(name, after) {
        mkdirSync(join(folder, name))
        if (after !== undefined) copyFileSync(join(folder, after, STATE), join(folder, name, STATE))
        return join(folder, name)
      },
      run: (job, ...line) =>
        dist([...line, '--json'], {
          cwd: join(folder, job),
          env: { DIST_SERVER: server.url, DIST_TOKEN: token, DIST_RETRIES: '1' },
        }),
      state: (job) => PipelineState.parse(JSON.parse(readFileSync(join(folder, job, STATE), 'utf8'))),
      async seen() {
        const paths = ['/api/v1/apps/notes/releases', '/api/v1/apps/notes/releases/latest', '/notes', '/notes/stable']
        const more = ['/api/v1/apps/notes/channels/stable', '/notes/announcements.atom', '/notes/latest/old.tool']
        const answers = await Promise.all([...paths, ...more].map((path) => anybody.ask('GET', path)))
        return answers.map(({ status, text }) => {
          assert.equal(status, 200)
          return text
        })
      },
    }
    const old = { ...MANIFEST, version: '1.3.0', artifacts: [{ path: 'old.tool', platform: 'linux' }] }
    const before = world.job('before')
    writeFileSync(join(before, 'dist.json'), JSON.stringify(old))
    writeFileSync(join(before, 'old.tool'), 'the old tool')
    ok(await world.run('before', 'ci', 'publish'))
    writeFileSync(join(world.job('plan'), 'dist.json'), JSON.stringify(MANIFEST))
    await work(world)
  })
}

// biome-ignore lint/suspicious/noExplicitAny: each step prints a document of its own
function ok(ended: Ended): any {
  assert.equal(ended.code, 0, ended.stderr)
  return JSON.parse(ended.stdout)
}

async function build(folder: string, arch: string): Promise<void> {
  const built = start([process.execPath.includes('node') ? process.execPath : 'node', '-e', BUILD, arch], {
    cwd: folder,
  })
  assert.equal(await built.ended, 0, built.stderr)
}

/** The real `npm publish` of a small package that names the final URLs. */
async function npmPublish(folder: string, registry: Verdaccio): Promise<Ended> {
  const { files } = PipelineState.parse(JSON.parse(readFileSync(join(folder, STATE), 'utf8')))
  const manifest = { name: NPM_PACKAGE, version: '1.4.0', files: ['urls.json'] }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'urls.json'), JSON.stringify(files.map(({ url }) => url)))
  writeFileSync(join(folder, '.npmrc'), `${registry.url.replace('http:', '')}:_authToken=${registry.token}\n`)
  const npm = start(['npm', 'publish', '--json', '--registry', registry.url, '--fetch-retries', '0'], {
    cwd: folder,
    env: { npm_config_cache: join(folder, 'cache'), npm_config_update_notifier: 'false', HOME: folder },
  })
  const code = await npm.ended
  return { code, stdout: npm.stdout, stderr: npm.stderr }
}

/** Plan, build and host, each machine in a folder that has nothing but the state file. */
async function planAndHost(world: World, seen: unknown, suffix = ''): Promise<void> {
  for (const arch of MACHINES) {
    const name = `${arch}${suffix}`
    await build(world.job(name, `plan${suffix}`), arch)
    const { release, missing } = ok(await world.run(name, 'ci', 'host', ...(arch === 'x64' ? ['--partial'] : [])))
    assert.deepEqual([release.state, missing.length], arch === 'x64' ? ['draft', 1] : ['published', 0])
    assert.deepEqual(await world.seen(), seen, `after the host of ${name}`)
  }
}

test(`the steps of dist ci on ${testRuntime}, each a process in an empty folder with the state file, make one release`, () =>
  inWorld(async (world) => {
    const seen = await world.seen()
    ok(await world.run('plan', 'ci', 'plan'))
    assert.deepEqual(await world.seen(), seen, 'after the plan')
    await planAndHost(world, seen)
    assert.equal(world.state('arm64').stage, 'hosted')
    // What is published elsewhere between host and announce finds everything at its final URL.
    const installer = readFileSync(join(world.job('publish', 'arm64'), '../x64/out/install-x64.sh'), 'utf8')
    const url = installer.trim().split(' ').at(-1)!
    const tool = Buffer.from('the tool for x64, 1.4.0')
    const early = await fetch(url)
    assert.deepEqual([early.status, await early.text()], [200, tool.toString()])

    world.job('announce', 'publish')
    const { releases } = ok(await world.run('announce', 'ci', 'announce'))
    assert.equal(releases.length, 1)
    assert.deepEqual([releases[0].release.state, releases[0].channel.current], ['announced', '1.4.0'])
    const digests = releases[0].artifacts.map(({ fileName, digest }: Record<string, string>) => `${fileName} ${digest}`)
    assert.ok(digests.includes(`notes-x64.tool ${digestOf(tool)}`), digests.join('\n'))
    const anybody = publishClient(world.server.url)
    for (const path of ['/notes/latest/notes-x64.tool', '/notes/stable/notes-x64.tool', new URL(url).pathname]) {
      assert.equal(digestOf((await anybody.ask('GET', path)).bytes), digestOf(tool), path)
    }
    assert.ok((await anybody.ask('GET', '/notes/announcements.atom')).text.includes('1.4.0'))
    // Any job may be run again.
    for (const [job, ...line] of [
      ['plan', 'ci', 'plan'],
      ['x64', 'ci', 'host', '--partial'],
      ['arm64', 'ci', 'host'],
      ['announce', 'ci', 'announce'],
    ] as const) {
      ok(await world.run(job, ...line))
    }
  }))

test(`an npm publish that fails between host and announce is rolled back by dist release discard on ${testRuntime}, and the next run ends`, () =>
  inWorld((world) => withVerdaccio((registry) => failAndGoOn(world, registry))))

async function failAndGoOn(world: World, registry: Verdaccio): Promise<void> {
  const seen = await world.seen()
  ok(await world.run('plan', 'ci', 'plan'))
  await planAndHost(world, seen)
  const { release, files } = world.state('arm64')
  assert.equal((await registry.published(NPM_PACKAGE)).size, 0)
  await registry.stop()
  const failed = await npmPublish(world.job('publish', 'arm64'), registry)
  assert.notEqual(failed.code, 0, failed.stdout)
  assert.match(failed.stderr, /ECONNREFUSED/)
  // The job after it is not run; the one that cleans up is.
  world.job('clean', 'publish')
  ok(await world.run('clean', 'release', 'discard', '--state', STATE))

  assert.deepEqual(await world.seen(), seen, 'after the rollback')
  const publisher = publishClient(world.server.url, world.token)
  for (const url of [release.url, files[0]!.url, release.setUrl, files[0]!.setUrl]) {
    assert.equal((await publisher.ask('GET', new URL(url!).pathname)).status, 404, url!)
  }
  const late = await world.run('arm64', 'ci', 'announce')
  assert.deepEqual([late.code, late.stdout], [5, ''], late.stderr)

  // The version is free: the same pipeline again, which now ends.
  await registry.start()
  assert.equal((await registry.published(NPM_PACKAGE)).size, 0)
  writeFileSync(join(world.job('plan-2'), 'dist.json'), JSON.stringify(MANIFEST))
  ok(await world.run('plan-2', 'ci', 'plan'))
  assert.notEqual(world.state('plan-2').release.id, release.id)
  assert.equal(world.state('plan-2').release.url, release.url)
  await planAndHost(world, seen, '-2')
  const { integrity } = ok(await npmPublish(world.job('publish-2', 'arm64-2'), registry))[NPM_PACKAGE]
  const published = await registry.published(NPM_PACKAGE)
  assert.deepEqual([...published.keys()], ['1.4.0'])
  assert.equal(`sha512-${createHash('sha512').update(published.get('1.4.0')!).digest('base64')}`, integrity)
  assert.deepEqual(await world.seen(), seen, 'after the npm publish')
  world.job('announce-2', 'publish-2')
  ok(await world.run('announce-2', 'ci', 'announce'))
  const latest = await publisher.call('GET', '/apps/notes/releases/latest', [200])
  assert.equal(latest.json.ref, '1.4.0')
}
