import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileChange } from '../../src/model/changes.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildProfile, PROFILE_DEVICES } from '../fixtures/build-profile.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { type Answer, draft, type PublishedFile, release, type TestApp, withNotes } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

const API = '/api/v1/apps/notes'
const file = (fileName: string, text: string): PublishedFile => ({ fileName, bytes: bytesOf(text) })

function inNotes(run: (app: TestApp, token: string) => Promise<void>): Promise<void> {
  return withNotes({}, run)
}

async function move(app: TestApp, token: string, channel: string, action: string, body: object): Promise<Answer> {
  const path = `${API}/channels/${channel}`
  const etag = (await app.ask('GET', path, { token })).headers.get('etag')
  const headers: Record<string, string> = etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag }
  return app.ask('POST', `${path}/actions/${action}`, { token, headers, body })
}

/** `changed notes.bin`, in the order of the answer. */
const rows = (answer: Answer) => answer.json.files.map((row: FileChange) => `${row.change} ${row.fileName}`)

async function packageOf(version: string, code: number, minSdk: number, permissions: string[]): Promise<PublishedFile> {
  const options = { versionName: version, versionCode: code, minSdk, targetSdk: 35, permissions }
  const bytes = await signApk(buildApk(options), [{ scheme: 2, signer: await buildSigner() }])
  return { fileName: `notes-${version}.apk`, platform: 'android', bytes }
}

test('what differs between two releases is told file by file, from what was read of their bytes', () =>
  inNotes(async (app, token) => {
    await release(app, token, 'notes', { version: '1.4.0' }, [
      await packageOf('1.4.0', 7, 26, ['android.permission.INTERNET', 'android.permission.CAMERA']),
      file('notes-1.4.0-linux-x64.tar', 'one'),
      file('gone.bin', 'gone'),
      file('same.bin', 'same'),
    ])
    await release(app, token, 'notes', { version: '1.5.0' }, [
      await packageOf('1.5.0', 8, 29, ['android.permission.INTERNET', 'android.permission.READ_CONTACTS']),
      file('notes-1.5.0-linux-x64.tar', 'three'),
      file('new.bin', 'new'),
      file('same.bin', 'same'),
    ])
    const answer = await app.ask('GET', `${API}/releases/1.5.0/changes`)
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual([answer.json.from, answer.json.to], ['1.4.0', '1.5.0'])
    assert.deepEqual(rows(answer), [
      'removed gone.bin',
      'added new.bin',
      'changed notes-1.5.0-linux-x64.tar',
      'changed notes-1.5.0.apk',
      'same same.bin',
    ])
    const { signer, sizeBytes, digest, ...apk } = answer.json.files[3]
    assert.deepEqual(apk, {
      change: 'changed',
      fileName: 'notes-1.5.0.apk',
      previousFileName: 'notes-1.4.0.apk',
      kind: 'app',
      platform: 'android',
      arch: 'any',
      format: 'apk',
      identifier: null,
      version: { from: '1.4.0', to: '1.5.0' },
      buildNumber: { from: '7', to: '8' },
      minOs: { from: '26', to: '29' },
      permissions: { added: ['android.permission.READ_CONTACTS'], removed: ['android.permission.CAMERA'] },
    })
    assert.equal(signer.continues, false)
    assert.notEqual(signer.from[0].id, signer.to[0].id)
    assert.ok(signer.from[0].verified && signer.to[0].verified)
    const [before, after] = await Promise.all(
      ['1.4.0', '1.5.0'].map(async (ref) => {
        const { artifacts } = (await app.ask('GET', `${API}/releases/${ref}`)).json
        return artifacts.find(({ format }: { format: string }) => format === 'apk')
      }),
    )
    assert.deepEqual(sizeBytes, { from: before.sizeBytes, to: after.sizeBytes })
    assert.deepEqual(digest, { from: before.digest, to: after.digest })
    const back = await app.ask('GET', `${API}/releases/1.4.0/changes?from=1.5.0`)
    assert.deepEqual(rows(back).slice(0, 2), ['added gone.bin', 'removed new.bin'])
    const itself = await app.ask('GET', `${API}/releases/1.5.0/changes?from=1.5.0`)
    assert.ok(itself.json.files.every(({ change }: FileChange) => change === 'same'))
  }))

test('without from it is the highest announced release below, and none is none', () =>
  inNotes(async (app, token) => {
    const fromOf = async (ref: string, by?: string) => {
      const answer = await app.ask('GET', `${API}/releases/${ref}/changes`, { token: by })
      assert.equal(answer.status, 200, answer.text)
      return answer.json.from
    }
    const announce = (input: object) => release(app, token, 'notes', input, [file('notes.bin', JSON.stringify(input))])
    await announce({ version: '2.0.0' })
    assert.equal(await fromOf('2.0.0'), null)
    assert.deepEqual(rows(await app.ask('GET', `${API}/releases/latest/changes`)), ['added notes.bin'])
    // Announced later, and lower.
    await announce({ version: '1.0.0' })
    await announce({ version: '1.0.1', build: '7' })
    await announce({ version: '1.0.1', build: '9' })
    await announce({ version: '2.0.0-rc.1' })
    assert.equal(await fromOf('1.0.0'), null)
    assert.equal(await fromOf('2.0.0'), '2.0.0-rc.1')
    assert.equal(await fromOf('2.0.0-rc.1'), '1.0.1+9')
    assert.equal(await fromOf('1.0.1+9'), '1.0.1+7')
    await app.ask('POST', `${API}/releases/2.0.0-rc.1/actions/yank`, { token, body: { reason: 'broken' } })
    assert.equal(await fromOf('2.0.0'), '1.0.1+9', 'what was yanked is no release to come from')
    assert.equal(await fromOf('2.0.0-rc.1'), '1.0.1+9', 'but it still has one')
    // Versions without an order stand where they were announced.
    await app.clock.advance(1000)
    await announce({ version: 'nightly-a' })
    await app.clock.advance(1000)
    await announce({ version: 'nightly-b' })
    assert.equal(await fromOf('nightly-b'), 'nightly-a')
    const drafted = await draft(app, token, 'notes', { version: '2.1.0' }, [file('notes.bin', 'draft')])
    assert.equal(await fromOf(drafted.id, token), '2.0.0')
    const loose = await draft(app, token, 'notes', { version: 'nightly-c' }, [file('notes.bin', 'draft')])
    assert.equal(await fromOf(loose.id, token), 'nightly-b')
  }))

test('each side is seen by those alone who may see that release', () =>
  inNotes(async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, [file('notes.bin', 'one')])
    const drafted = await draft(app, token, 'notes', { version: '2.0.0' }, [file('secret.bin', 'draft')])
    const reader = (await app.issue({ actions: ['read'] })).secret
    for (const by of [undefined, reader]) {
      for (const path of [`${drafted.id}/changes`, `1.0.0/changes?from=${drafted.id}`]) {
        const answer = await app.ask('GET', `${API}/releases/${path}`, { token: by })
        assert.deepEqual([answer.status, answer.json.code], [404, 'release.not_found'], path)
        assert.ok(!answer.text.includes('secret.bin'))
      }
    }
    const seen = await app.ask('GET', `${API}/releases/1.0.0/changes?from=${drafted.id}`, { token })
    assert.deepEqual(rows(seen), ['added notes.bin', 'removed secret.bin'])
    for (const from of ['9.9.9', 'rel_0', '../1.0.0', '']) {
      const answer = await app.ask('GET', `${API}/releases/1.0.0/changes?from=${encodeURIComponent(from)}`)
      assert.deepEqual([answer.status, answer.json.code], [404, 'release.not_found'], from)
    }
    assert.equal((await app.ask('GET', `${API}/releases/1.0.0/changes?from=${'1'.repeat(98)}`)).status, 422)
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'other', visibility: 'private' } })
    const foreign = await release(app, token, 'other', { version: '1.0.0' }, [file('foreign.bin', 'x')])
    const across = await app.ask('GET', `${API}/releases/1.0.0/changes?from=${foreign.id}`, { token })
    assert.equal(across.json.code, 'release.not_found', 'releases of one app are compared, not those of others')
    const hidden = await app.ask('GET', '/api/v1/apps/other/releases/1.0.0/changes')
    assert.deepEqual([hidden.status, hidden.json.code], [404, 'app.not_found'])
  }))

test('what was purged is compared with nothing', () =>
  inNotes(async (app, token) => {
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
      await release(app, token, 'notes', { version }, [file('notes.bin', version)])
      await move(app, token, 'stable', 'promote', { release: version })
    }
    const purged = await app.ask('POST', `${API}/releases/1.1.0/actions/purge`, { token, body: { reason: 'a key' } })
    assert.equal(purged.status, 200, purged.text)
    for (const path of ['1.1.0/changes', '1.2.0/changes?from=1.1.0']) {
      const answer = await app.ask('GET', `${API}/releases/${path}`, { token })
      assert.deepEqual([answer.status, answer.json.code], [410, 'release.purged'], path)
    }
    assert.equal((await app.ask('GET', `${API}/releases/1.2.0/changes`)).json.from, '1.0.0')
    const page = await app.ask('GET', '/notes/stable', { headers: { Accept: 'application/json' } })
    assert.equal(page.json.changes.from, '1.0.0', 'the page of a channel passes over it')
    const back = await move(app, token, 'stable', 'rollback', {})
    assert.deepEqual([back.json.channel.current, back.json.changes.from], ['1.0.0', '1.2.0'], 'so does a rollback')
  }))

test('neither changes nor a move tell which devices a profile names', () =>
  inNotes(async (app, token) => {
    const signer = await buildSigner()
    for (const [version, type] of [
      ['1.0.0', 'ad-hoc'],
      ['1.1.0', 'development'],
    ] as const) {
      const bytes = buildIpa({ profile: await buildProfile({ type, signer }) })
      await release(app, token, 'notes', { version }, [{ fileName: 'Notes.ipa', platform: 'ios', bytes }])
      const moved = await move(app, token, 'beta', 'promote', { release: version })
      assert.equal(moved.status, 200, moved.text)
      for (const device of PROFILE_DEVICES) assert.ok(!moved.text.includes(device))
    }
    for (const by of [undefined, token]) {
      const answer = await app.ask('GET', `${API}/releases/1.1.0/changes`, { token: by })
      assert.deepEqual(rows(answer), ['changed Notes.ipa'])
      const page = await app.ask('GET', '/notes/beta', { token: by, headers: { Accept: 'text/html' } })
      assert.match(page.text, /Since 1\.0\.0/)
      for (const device of PROFILE_DEVICES) assert.ok(!answer.text.includes(device) && !page.text.includes(device))
    }
  }))

test('a move says what it changed for those who follow the channel', () =>
  inNotes(async (app, token) => {
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
      await release(app, token, 'notes', { version }, [file('notes.bin', version.repeat(9)), file('same.bin', 'same')])
    }
    const changesOf = async (action: string, body: object) => {
      const { json } = await move(app, token, 'stable', action, body)
      return json.changes && [json.changes.from, json.changes.to, ...rows({ json: json.changes } as Answer)]
    }
    assert.deepEqual(await changesOf('promote', { release: '1.0.0' }), [
      ...[null, '1.0.0'],
      ...['added notes.bin', 'added same.bin'],
    ])
    const files = ['changed notes.bin', 'same same.bin']
    assert.deepEqual(await changesOf('promote', { release: '1.2.0' }), ['1.0.0', '1.2.0', ...files])
    assert.equal(await changesOf('promote', { release: '1.2.0' }), null, 'it is there already')
    assert.deepEqual(await changesOf('rollback', {}), ['1.2.0', '1.0.0', ...files])
    assert.deepEqual(await changesOf('rollback', { to: '1.1.0' }), ['1.0.0', '1.1.0', ...files])
  }))

test('the page of a channel tells what differs from what it held before', () =>
  inNotes(async (app, token) => {
    const html = async (path: string) => (await app.ask('GET', path, { headers: { Accept: 'text/html' } })).text
    const json = async (path: string) =>
      (await app.ask('GET', path, { headers: { Accept: 'application/json' } })).json.changes
    const many = Array.from({ length: 14 }, (_, i) => `com.example.permission.P${String(i).padStart(2, '0')}`)
    await release(app, token, 'notes', { version: '1.0.0' }, [
      await packageOf('1.0.0', 7, 26, []),
      file('notes.bin', 'x'.repeat(5000)),
      file('same.bin', 'same'),
    ])
    await move(app, token, 'stable', 'promote', { release: '1.0.0' })
    assert.doesNotMatch(await html('/notes/stable'), /Since/, 'there is nothing before the first')
    assert.equal(await json('/notes/stable'), null)
    await release(app, token, 'notes', { version: '1.1.0' }, [
      await packageOf('1.1.0', 8, 29, many),
      file('notes.bin', 'x'.repeat(5000 + 2048)),
      file('same.bin', 'same'),
    ])
    await move(app, token, 'stable', 'promote', { release: '1.1.0' })
    const page = await html('/notes/stable')
    const section = page.slice(page.indexOf('Since 1.0.0'))
    assert.ok(section.startsWith('Since 1.0.0'), page)
    assert.match(section, /notes\.bin.*\+2\.0 KiB/s)
    assert.match(section, /version 1\.0\.0 → 1\.1\.0/)
    assert.match(section, /min OS Android 8\.0 \(API 26\) → Android 10 \(API 29\)/)
    assert.match(section, /new permissions: com\.example\.permission\.P00, .*P09 and 4 more/)
    assert.ok(!section.includes('permission.P10'), 'the others are in the JSON')
    assert.match(section, /another signer: [0-9a-f]{12}… → [0-9a-f]{12}…/)
    assert.ok(!section.includes('same.bin'), 'what is the same is not news')
    const changes = await json('/notes/stable')
    assert.deepEqual([changes.from, changes.files.length], ['1.0.0', 3])
    assert.deepEqual(changes.files[0].permissions.added, many)
    await move(app, token, 'stable', 'rollback', {})
    assert.equal((await json('/notes/stable')).from, '1.1.0', 'what devices have had, not the version below')
    assert.equal((await json('/notes/latest')).from, '1.0.0', 'latest has no history: it is the stable one below')
    assert.equal(await json('/notes/releases/1.1.0'), undefined, 'a release is compared with nothing of its own')
  }))
