import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { PublishResult } from '../../src/model/publish-result.ts'
import { buildDmg } from '../fixtures/build-dmg.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildPe } from '../fixtures/build-program.ts'
import { debianPackage } from '../fixtures/debian-package.ts'
import { buildTar } from '../fixtures/tar-writer.ts'
import { countingProxy } from '../helpers/counting-proxy.ts'
import { flippingProxy } from '../helpers/flipping-proxy.ts'
import { digestOf, publishClient } from '../helpers/publish-client.ts'
import { createToken, dist, ROOT, startDist, type TestServer, testRuntime, withServer } from '../helpers/server.ts'

const APK = join(ROOT, 'node_modules/io.appium.settings/apks/settings_apk-debug.apk')

/** A folder as a build leaves it: artifacts for every platform and the dist.json that names them. */
function buildOutput(folder: string, manifest: object = {}): { files: string[]; manifest: string } {
  mkdirSync(folder, { recursive: true })
  const deb = debianPackage()
  copyFileSync(APK, join(folder, 'notes.apk'))
  copyFileSync(deb, join(folder, basename(deb)))
  writeFileSync(join(folder, 'notes.ipa'), buildIpa({ plist: 'binary' }))
  const tar = buildTar([
    { name: 'notes/README', data: 'Notes, for every machine.\n' },
    { name: 'notes/bin/notes', data: '#!/bin/sh\necho notes\n', mode: 0o755 },
  ])
  writeFileSync(join(folder, 'notes.tar.gz'), gzipSync(tar))
  writeFileSync(join(folder, 'notes.dmg'), buildDmg())
  writeFileSync(join(folder, 'notes.exe'), buildPe())
  const document = {
    schema: 1,
    app: 'notes',
    name: 'Notes',
    visibility: 'public',
    version: '1.4.0',
    notes: 'What is *new*.',
    channel: 'beta',
    artifacts: [
      { path: 'notes.apk' },
      { path: 'notes.ipa' },
      { path: '*.deb' },
      { path: 'notes.tar.gz', platform: 'linux', arch: 'x64' },
      { path: 'notes.dmg', arch: 'universal' },
      { path: 'notes.exe' },
    ],
    ...manifest,
  }
  const path = join(folder, 'dist.json')
  writeFileSync(path, JSON.stringify(document, null, 2))
  return {
    files: ['notes.apk', 'notes.ipa', basename(deb), 'notes.tar.gz', 'notes.dmg', 'notes.exe'].map((name) =>
      join(folder, name),
    ),
    manifest: path,
  }
}

const ciPublish = (server: string, token: string, manifest: string) =>
  dist(['ci', 'publish', '--manifest', manifest, '--json'], { env: { DIST_SERVER: server, DIST_TOKEN: token } })

test(`dist ci publish on ${testRuntime} makes artifacts of all platforms available at every URL of one release`, () =>
  withServer(async (server, folder) => {
    const token = await createToken(server.data, '--allow', 'publish', '--app', 'notes')
    const { files, manifest } = buildOutput(join(folder, 'out'))

    const first = await ciPublish(server.url, token, manifest)
    assert.equal(first.code, 0, first.stderr)
    assert.ok(!`${first.stdout}${first.stderr}`.includes(token), 'the token is in the output')
    const result = PublishResult.parse(JSON.parse(first.stdout))
    assert.equal(result.created, true)
    assert.equal(result.release.state, 'announced')
    assert.deepEqual(
      result.artifacts.map(({ fileName, platform, format, uploaded }) => [fileName, platform, format, uploaded]).sort(),
      [
        [basename(files[2]!), 'linux', 'deb', true],
        ['notes.apk', 'android', 'apk', true],
        ['notes.dmg', 'macos', 'dmg', true],
        ['notes.exe', 'windows', 'exe', true],
        ['notes.ipa', 'ios', 'ipa', true],
        ['notes.tar.gz', 'linux', 'tar.gz', true],
      ].sort(),
    )
    assert.deepEqual([result.channel?.moved, result.channel?.previous, result.channel?.current], [true, null, '1.4.0'])

    const publisher = publishClient(server.url, token)
    const anybody = publishClient(server.url)
    const setPath = new URL(result.release.setUrl ?? '').pathname
    for (const file of files) {
      const name = basename(file)
      const expected = digestOf(readFileSync(file))
      const artifact = result.artifacts.find((one) => one.fileName === name)
      assert.equal(artifact?.digest, expected)
      for (const path of [
        new URL(artifact.url).pathname,
        `/notes/releases/1.4.0/${name}`,
        `/notes/beta/${name}`,
        `/notes/latest/${name}`,
        `${setPath}/${name}`,
      ]) {
        const owned = await publisher.ask('GET', path)
        assert.deepEqual([owned.status, digestOf(owned.bytes)], [200, expected], path)
        const { status, bytes } = await anybody.ask('GET', path)
        if (name.endsWith('.ipa')) assert.equal(status, 401, path)
        else assert.deepEqual([status, digestOf(bytes)], [200, expected], path)
      }
    }
    const sums = (await anybody.ask('GET', '/notes/releases/1.4.0/sha256.sum')).text
    for (const file of files)
      assert.ok(sums.includes(`${digestOf(readFileSync(file)).slice('sha256:'.length)}  ${basename(file)}\n`))

    // Without the facts of the files, which may name the home pages of others.
    const artifacts = result.artifacts.map(({ inspection: _facts, ...artifact }) => artifact)
    const urls = allUrls({ ...result, artifacts })
    assert.ok(urls.length >= 8)
    for (const url of urls) {
      assert.ok(url.startsWith(`${server.url}/`), url)
      assert.equal((await publisher.ask('GET', new URL(url).pathname)).status, 200, url)
    }

    const again = await ciPublish(server.url, token, manifest)
    assert.equal(again.code, 0, again.stderr)
    const repeated = PublishResult.parse(JSON.parse(again.stdout))
    assert.equal(repeated.created, false)
    assert.equal(repeated.release.id, result.release.id)
    assert.deepEqual(
      repeated.artifacts.map(({ uploaded }) => uploaded),
      files.map(() => false),
    )
    assert.equal(repeated.channel?.moved, false)

    writeFileSync(files[3]!, gzipSync(buildTar([{ name: 'notes/README', data: 'Another build.\n' }])))
    const changed = await ciPublish(server.url, token, manifest)
    assert.equal(changed.code, 6, changed.stderr)
    assert.equal(changed.stdout, '')
    assert.equal(JSON.parse(changed.stderr).error.code, 'release.conflict')
    assert.ok(!changed.stderr.includes(token), 'the token is in the output')
    const kept = await anybody.ask('GET', '/notes/beta/notes.tar.gz')
    assert.equal(digestOf(kept.bytes), result.artifacts.find((a) => a.fileName === 'notes.tar.gz')?.digest)
  }))

/** Every URL in a JSON document that is one of the server's own. */
function allUrls(value: unknown): string[] {
  if (typeof value === 'string') return /^https?:\/\//.test(value) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(allUrls)
}

/** A second run of one build starts from whatever the first one left. */
async function publishKilledAt(
  server: TestServer,
  folder: string,
  token: string,
  killed: { request: number; isForwarded: boolean },
): Promise<{ isReached: boolean }> {
  const app = `notes-${killed.isForwarded ? 'after' : 'before'}-${killed.request}`
  const { manifest } = buildOutput(join(folder, app), {
    app,
    artifacts: [{ path: 'notes.tar.gz', platform: 'linux', arch: 'x64' }, { path: 'notes.ipa' }],
  })
  const proxy = await countingProxy(server.port, { stallAt: killed.request, isForwarded: killed.isForwarded })
  let isReached: boolean
  try {
    const running = startDist(['ci', 'publish', '--manifest', manifest, '--json'], {
      env: { DIST_SERVER: proxy.url, DIST_TOKEN: token },
    })
    isReached = await Promise.race([proxy.stalled.then(() => true), running.ended.then(() => false)])
    running.child.kill('SIGKILL')
    await running.ended
    if (!isReached) assert.equal(await running.ended, 0, running.stderr)
  } finally {
    await proxy.close()
  }

  const after = await ciPublish(server.url, token, manifest)
  const name = `killed at request ${killed.request}, ${killed.isForwarded ? 'its answer lost' : 'before it was sent'}`
  assert.equal(after.code, 0, `${name}: ${after.stderr}`)
  const result = PublishResult.parse(JSON.parse(after.stdout))
  assert.equal(result.release.state, 'announced', name)
  assert.equal(result.artifacts.length, 2, name)
  assert.equal(result.channel?.current, '1.4.0', name)
  const client = publishClient(server.url, token)
  const all = await client.call('GET', `/apps/${app}/releases?state=all`, [200])
  assert.deepEqual(
    all.json.items.map((release: { state: string }) => release.state),
    ['announced'],
    name,
  )
  const moves = await client.call('GET', `/apps/${app}/channels/beta/moves`, [200])
  assert.deepEqual(
    moves.json.items.map((move: { from: string | null; to: string }) => [move.from, move.to]),
    [[null, '1.4.0']],
    name,
  )
  return { isReached }
}

test(`dist ci publish on ${testRuntime} that is killed at any request ends as one release when it is run again`, () =>
  withServer(async (server, folder) => {
    const token = await createToken(server.data, '--allow', 'publish')
    // Where a program starts fast, every request in both ways; elsewhere in turn.
    const isFast = testRuntime === 'bun' || testRuntime === 'binary'
    for (const isOdd of isFast ? [false, true] : [true]) {
      let request = 1
      const kill = () => publishKilledAt(server, folder, token, { request, isForwarded: (request % 2 === 1) === isOdd })
      while ((await kill()).isReached) request++
      // App, draft, two uploads of three requests, seal, announce, channel: fewer would mean that the proxy saw nothing.
      assert.ok(request > 12, `only ${request - 1} requests were seen`)
    }
  }))

test(`dist ci publish on ${testRuntime} works as one documented line, and warns of the token on it`, () =>
  withServer(async (server, folder) => {
    const token = await createToken(server.data, '--allow', 'publish')
    const out = join(folder, 'out')
    buildOutput(out)
    const line = ['ci', 'publish', '--server', server.url, '--token', token, '--manifest', 'dist.json', '--json']
    const run = await dist(line, { cwd: out })
    assert.equal(run.code, 0, run.stderr)
    const result = PublishResult.parse(JSON.parse(run.stdout))
    assert.deepEqual([result.created, result.release.state, result.channel?.moved], [true, 'announced', true])
    assert.match(run.stderr, /^warning: the token is on the command line[^\n]*\nhint: [^\n]*DIST_TOKEN/m)
    assert.ok(!`${run.stdout}${run.stderr}`.includes(token), 'the token is in the output')
  }))

test(`two dist ci publish of a new app at once on ${testRuntime} make one app and one release, and both succeed`, () =>
  withServer(async (server, folder) => {
    const token = await createToken(server.data, '--allow', 'publish')
    const { manifest } = buildOutput(join(folder, 'out'))
    const runs = await Promise.all([1, 2].map(() => ciPublish(server.url, token, manifest)))
    for (const run of runs) assert.equal(run.code, 0, run.stderr)
    const results = runs.map((run) => PublishResult.parse(JSON.parse(run.stdout)))
    assert.equal(new Set(results.map(({ app }) => app.id)).size, 1)
    assert.equal(new Set(results.map(({ release }) => release.id)).size, 1)
    for (const { release, artifacts, channel } of results) {
      assert.deepEqual([release.state, artifacts.length, channel?.current], ['announced', 6, '1.4.0'])
    }
    const client = publishClient(server.url, token)
    const apps = (await client.call('GET', '/apps', [200])).json.items
    assert.deepEqual(
      apps.map(({ slug }: { slug: string }) => slug),
      ['notes'],
    )
    const releases = (await client.call('GET', '/apps/notes/releases?state=all', [200])).json.items
    assert.deepEqual(
      releases.map(({ state }: { state: string }) => state),
      ['announced'],
    )
    const moves = (await client.call('GET', '/apps/notes/channels/beta/moves', [200])).json.items
    assert.equal(moves.length, 1)
  }))

test(`a connection that damages bytes on their way to ${testRuntime} is found out, and nothing wrong is published`, () =>
  withServer(async (server, folder) => {
    const token = await createToken(server.data, '--allow', 'publish')
    const artifacts = [{ path: 'notes.tar.gz', platform: 'linux', arch: 'x64' }]
    const publisher = publishClient(server.url, token)

    const always = await flippingProxy(server.port, { times: Number.POSITIVE_INFINITY })
    try {
      const { manifest } = buildOutput(join(folder, 'always'), { artifacts, app: 'always' })
      const run = await ciPublish(always.url, token, manifest)
      assert.deepEqual([run.code, run.stdout], [7, ''], run.stderr)
      const { error } = JSON.parse(run.stderr.trim().split('\n').at(-1) ?? '')
      assert.equal(error.code, 'upload.digest_mismatch')
      assert.match(error.hint, /connection/)
      assert.ok(always.flipped > 1, 'it was tried again')
      const { items } = (await publisher.call('GET', '/apps/always/releases?state=all', [200])).json
      assert.ok(items.every((release: { state: string }) => release.state === 'draft'))
      assert.deepEqual(
        items.flatMap((release: { artifacts: unknown[] }) => release.artifacts),
        [],
      )
    } finally {
      await always.close()
    }

    const once = await flippingProxy(server.port, { times: 1 })
    try {
      const { manifest, files } = buildOutput(join(folder, 'once'), { artifacts, app: 'once' })
      const run = await ciPublish(once.url, token, manifest)
      assert.equal(run.code, 0, run.stderr)
      assert.equal(once.flipped, 1)
      const served = await publisher.ask('GET', '/once/latest/notes.tar.gz')
      assert.deepEqual([served.status, digestOf(served.bytes)], [200, digestOf(readFileSync(files[3]!))])
    } finally {
      await once.close()
    }
  }))
