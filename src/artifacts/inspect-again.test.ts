import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemoryBlobStore } from '../../adapters/memory/blob-store.ts'
import { buildApk } from '../../test/fixtures/build-apk.ts'
import { buildIpa } from '../../test/fixtures/build-ipa.ts'
import { buildPng } from '../../test/fixtures/build-png.ts'
import { draft, release, type TestApp, withNotes } from '../../test/helpers/test-app.ts'
import { SYSTEM_CAUSE } from '../audit/append.ts'
import { digestOf } from '../bytes/digest.ts'
import { listPlacedArtifacts, saveFacts } from '../store/artifacts.ts'
import { findBlob, markBlobDamaged } from '../store/blobs.ts'
import { inspectAgain } from './inspect-again.ts'

const apk = { fileName: 'notes.apk', platform: 'android', bytes: buildApk({ versionCode: 7, debuggable: true }) }

async function all(app: TestApp, slug?: string) {
  const told: string[] = []
  for await (const { fileName, outcome, changedFacts, newErrors } of inspectAgain(app.deps, slug, SYSTEM_CAUSE))
    told.push([fileName, outcome, ...changedFacts, ...newErrors.map(({ code }) => code)].join(' '))
  return told
}

test('inspectAgain() changes nothing where the bytes say what they said', () =>
  withNotes({}, async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, [apk])
    assert.deepEqual(await all(app), ['notes.apk same'])
    assert.deepEqual(await all(app, 'other'), [])
  }))

test('inspectAgain() keeps what a later version reads, of sealed releases too, and the audit log tells', () =>
  withNotes({}, async (app, token) => {
    const before = await release(app, token, 'notes', { version: '1.0.0' }, [apk])
    const { reads, write } = app.deps.store
    const [placed] = await listPlacedArtifacts(reads, '', 1)
    // As a version that could not read manifests left it.
    await write((tx) => saveFacts(tx, { id: placed!.artifact.id, inspection: { format: 'apk' }, checks: [] }))
    const [told] = await all(app, 'notes')
    assert.match(told!, /^notes\.apk changed abis arch buildNumber identifier .* facts\.debuggable /)
    assert.deepEqual(await all(app), ['notes.apk same'])
    const after = (await app.ask('GET', '/api/v1/apps/notes/releases/1.0.0', { token })).json
    assert.deepEqual(after.artifacts, before.artifacts)
    const [event] = (await app.ask('GET', '/api/v1/audit?limit=1', { token })).json.items
    const { action, object, actor } = event
    assert.deepEqual(
      [action, object, actor.kind, event.after.fileName],
      ['artifact.inspected_again', `artifact:${placed!.artifact.id}`, 'system', 'notes.apk'],
    )
  }))

test('inspectAgain() finds anew what a name says of the bytes, as publishing does', () =>
  withNotes({}, async (app, token) => {
    const text = { fileName: 'notes.dmg', platform: 'macos', bytes: new TextEncoder().encode('<h1>404</h1>') }
    const { artifacts } = await release(app, token, 'notes', { version: '1.0.0' }, [text])
    assert.deepEqual(
      artifacts[0].checks.map(({ level, code }: { level: string; code: string }) => `${level} ${code}`),
      ['warning artifact.name_differs'],
    )
    assert.deepEqual(await all(app), ['notes.dmg same'])
  }))

test('inspectAgain() tells errors that were not known before', () =>
  withNotes({}, async (app, token) => {
    const cut = { ...apk, bytes: apk.bytes.slice(0, -40) }
    await draft(app, token, 'notes', { version: '1.0.0' }, [cut])
    const [placed] = await listPlacedArtifacts(app.deps.store.reads, '', 1)
    await app.deps.store.write((tx) => saveFacts(tx, { ...placed!.artifact, checks: [] }))
    assert.deepEqual(await all(app), ['notes.apk changed inspect.unreadable'])
    const [event] = (await app.ask('GET', '/api/v1/audit?limit=1', { token })).json.items
    assert.deepEqual([event.after.changedFacts, event.after.checks], [[], ['inspect.unreadable']])
  }))

test('inspectAgain() goes on past bytes that are gone', () =>
  withNotes({}, async (app, token) => {
    await release(app, token, 'notes', { version: '1.0.0' }, [apk])
    await release(app, token, 'notes', { version: '1.1.0' }, [{ ...apk, bytes: buildApk({ versionCode: 8 }) }])
    await app.deps.blobs.delete(digestOf(apk.bytes))
    assert.deepEqual((await all(app)).sort(), ['notes.apk failed', 'notes.apk same'])
  }))

test('inspectAgain() believes no bytes that changed on the disk, and marks them', () =>
  withNotes({}, async (app, token) => {
    const before = await release(app, token, 'notes', { version: '1.0.0' }, [apk])
    const digest = digestOf(apk.bytes)
    const damaged = apk.bytes.map((byte, i) => (i < apk.bytes.length - 100 ? byte : byte ^ 1))
    ;(app.deps.blobs as MemoryBlobStore).place(digest, damaged, true)
    assert.deepEqual(await all(app), ['notes.apk failed'])
    const after = (await app.ask('GET', '/api/v1/apps/notes/releases/1.0.0', { token })).json
    assert.deepEqual(after.artifacts, before.artifacts, 'what was known stays')
    assert.equal((await findBlob(app.deps.store.reads, digest))?.state, 'damaged')
  }))

test('a picture that was found damaged is written again before it is called good', () =>
  withNotes({}, async (app, token) => {
    const icon = buildPng({ width: 120, height: 120 })
    const info = { CFBundleIcons: { CFBundlePrimaryIcon: { CFBundleIconFiles: ['AppIcon60x60'] } } }
    const extra = [{ name: 'Payload/Notes.app/AppIcon60x60@2x.png', data: icon }]
    const ipa = (version: string) => ({
      fileName: 'Notes.ipa',
      platform: 'ios',
      bytes: buildIpa({ version, info, extra }),
    })
    const { artifacts } = await release(app, token, 'notes', { version: '1.0.0' }, [ipa('1.0.0')])
    const { digest } = artifacts[0].inspection.icon
    await app.deps.store.write((tx) => markBlobDamaged(tx, digest))
    const { sizeBytes } = artifacts[0].inspection.icon
    ;(app.deps.blobs as MemoryBlobStore).place(digest, new Uint8Array(sizeBytes), true)
    await release(app, token, 'notes', { version: '1.1.0' }, [ipa('1.1.0')])
    assert.equal((await findBlob(app.deps.store.reads, digest))?.state, 'live')
    assert.equal(digestOf(await app.deps.blobs.read(digest, { offset: 0, length: sizeBytes })), digest)
    const actions = (await app.ask('GET', '/api/v1/audit?limit=9', { token })).json.items
    assert.ok(actions.some(({ action }: { action: string }) => action === 'blob.healed'))
  }))

test('the picture that the bytes carry is kept as a blob, once', () =>
  withNotes({}, async (app, token) => {
    const icon = buildPng({ width: 120, height: 120 })
    const ipa = (version: string) => ({
      fileName: 'Notes.ipa',
      platform: 'ios',
      bytes: buildIpa({
        version,
        info: { CFBundleIcons: { CFBundlePrimaryIcon: { CFBundleIconFiles: ['AppIcon60x60'] } } },
        extra: [{ name: 'Payload/Notes.app/AppIcon60x60@2x.png', data: icon }],
      }),
    })
    for (const version of ['1.0.0', '1.1.0']) {
      const { artifacts } = await release(app, token, 'notes', { version }, [ipa(version)])
      const { digest, mediaType, width } = artifacts[0].inspection.icon
      assert.deepEqual([mediaType, width], ['image/png', 120])
      assert.equal((await findBlob(app.deps.store.reads, digest))?.state, 'live')
      assert.equal((await app.deps.blobs.stat(digest))?.sizeBytes, artifacts[0].inspection.icon.sizeBytes)
    }
  }))
