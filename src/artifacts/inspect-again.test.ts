import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemoryBlobStore } from '../../adapters/memory/blob-store.ts'
import { buildApk } from '../../test/fixtures/build-apk.ts'
import { buildIpa } from '../../test/fixtures/build-ipa.ts'
import { buildPng } from '../../test/fixtures/build-png.ts'
import { push } from '../../test/helpers/push.ts'
import { draft, release, type TestApp, withNotes } from '../../test/helpers/test-app.ts'
import { SYSTEM_CAUSE } from '../audit/append.ts'
import { digestOf } from '../bytes/digest.ts'
import { createId } from '../model/ids.ts'
import { listPlacedArtifacts, saveFacts } from '../store/artifacts.ts'
import { findBlob, markBlobDamaged } from '../store/blobs.ts'
import { listPlacedSlots, saveSlotFacts } from '../store/branches.ts'
import { findDamagedBlobs } from './damage.ts'
import { inspectAgain } from './inspect-again.ts'

const apk = { fileName: 'notes.apk', platform: 'android', bytes: buildApk({ versionCode: 7, debuggable: true }) }

async function all(app: TestApp, slug?: string) {
  const told: string[] = []
  for await (const read of inspectAgain(app.deps, slug, SYSTEM_CAUSE)) {
    const { slot = [], fileName, outcome, changedFacts, newErrors } = read
    told.push([slot, fileName, outcome, ...changedFacts, ...newErrors.map(({ code }) => code)].flat().join(' '))
  }
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

/** As a version that could not read it left the file in the only slot. */
async function forgetFacts({ deps: { store } }: TestApp): Promise<void> {
  const [placed] = await listPlacedSlots(store.reads, undefined, 1)
  const nothing = { inspection: { format: 'apk' as const }, checks: [], iconDigest: null }
  await store.write((tx) => saveSlotFacts(tx, { ...placed!.slot, ...nothing }))
}

const BRANCH = '/api/v1/apps/notes/branches/main'

test('inspectAgain() reads the slots of branch builds as well, and changes nothing but what their bytes say', () =>
  withNotes({}, async (app, token) => {
    await push(app, token, 'main', 'android-any', apk)
    // Ids are in order of time.
    await app.clock.advance(1000)
    await push(app, token, 'other', 'any-any', { fileName: 'notes.txt', bytes: new TextEncoder().encode('notes') })
    const before = (await app.ask('GET', BRANCH, { token })).json
    assert.deepEqual(await all(app), ['android-any notes.apk same', 'any-any notes.txt same'])
    assert.deepEqual(await all(app, 'other'), [])
    await forgetFacts(app)
    await app.clock.advance(60_000)
    const told = await all(app, 'notes')
    assert.match(told[0]!, /^android-any notes\.apk changed abis arch buildNumber identifier .* facts\.debuggable /)
    assert.deepEqual(told.slice(1), ['any-any notes.txt same'])
    assert.deepEqual(await all(app), ['android-any notes.apk same', 'any-any notes.txt same'])
    assert.deepEqual((await app.ask('GET', BRANCH, { token })).json, before)
    const [{ action, object, actor, after }] = (await app.ask('GET', '/api/v1/audit?limit=1', { token })).json.items
    assert.deepEqual([action, object, actor.kind], ['branch.inspected_again', `branch:${before.id}`, 'system'])
    assert.deepEqual([after.branch, after.slot, after.fileName], ['main', 'android-any', 'notes.apk'])
    assert.ok(after.changedFacts.includes('identifier'))
  }))

test('inspectAgain() reads every slot of many, once', () =>
  withNotes({}, async (app, token) => {
    const { store } = app.deps
    await push(app, token, 'main', 'any-any', { fileName: 'notes.txt', bytes: new TextEncoder().encode('notes') })
    await store.write(async (tx) => {
      const branch = await tx.selectFrom('branches').selectAll().executeTakeFirstOrThrow()
      const slot = await tx.selectFrom('branch_slots').selectAll().executeTakeFirstOrThrow()
      for (let i = 0; i < 70; i++) {
        const id = createId('branch', app.clock.now() + 1 + i, app.deps.random(10))
        await tx
          .insertInto('branches')
          .values({ ...branch, id, name: `build ${i}` })
          .execute()
        for (const arch of ['x64', 'arm64', 'any'])
          await tx
            .insertInto('branch_slots')
            .values({ ...slot, branch_id: id, platform: 'linux', arch })
            .execute()
      }
    })
    const told: string[] = []
    for await (const { ref, slot } of inspectAgain(app.deps, 'notes', SYSTEM_CAUSE)) told.push(`${ref} ${slot}`)
    assert.deepEqual([told.length, new Set(told).size], [211, 211])
  }))

test('inspectAgain() leaves a slot alone whose file was replaced or removed while it was read', () =>
  withNotes({}, async (app, token) => {
    const newer = { ...apk, bytes: buildApk({ versionCode: 8 }) }
    const { inspect } = app.deps
    for (const meanwhile of [
      () => push(app, token, 'main', 'android-any', newer),
      () => push(app, token, 'main', 'android-any', { ...newer, fileName: 'notes 2.apk' }),
      () => app.ask('DELETE', BRANCH, { token }),
    ]) {
      await push(app, token, 'main', 'android-any', apk)
      await forgetFacts(app)
      let now: unknown
      let head: unknown
      const deps = {
        ...app.deps,
        inspect: async (blob: Parameters<typeof inspect>[0]) => {
          const report = await inspect(blob)
          await meanwhile()
          now = (await app.ask('GET', BRANCH, { token })).json.slots
          head = (await app.ask('GET', '/api/v1/audit?limit=1', { token })).json.items[0].seq
          return report
        },
      }
      const told: string[] = []
      for await (const { outcome } of inspectAgain(deps, undefined, SYSTEM_CAUSE)) told.push(outcome)
      assert.deepEqual(told, ['same'])
      assert.deepEqual((await app.ask('GET', BRANCH, { token })).json.slots, now)
      assert.equal((await app.ask('GET', '/api/v1/audit?limit=1', { token })).json.items[0].seq, head)
    }
  }))

test('damaged bytes of a slot are marked and believed by nobody, and a push of the same bytes heals them', () =>
  withNotes({}, async (app, token) => {
    const pushed = await push(app, token, 'main', 'android-any', apk)
    const before = (await app.ask('GET', BRANCH, { token })).json.slots
    const digest = digestOf(apk.bytes)
    const damaged = apk.bytes.map((byte, i) => (i < apk.bytes.length - 100 ? byte : byte ^ 1))
    const blobs = app.deps.blobs as MemoryBlobStore
    blobs.place(digest, damaged, true)
    const stateNow = async () => (await findBlob(app.deps.store.reads, digest))?.state
    assert.deepEqual(await findDamagedBlobs(app.deps), [], 'its size is right')
    assert.deepEqual(await findDamagedBlobs(app.deps, { readData: true }), [
      { digest, reason: 'its bytes were changed' },
    ])
    assert.equal(await stateNow(), 'damaged')
    assert.deepEqual(await all(app), ['android-any notes.apk failed'])
    assert.deepEqual((await app.ask('GET', BRANCH, { token })).json.slots, before, 'what was known stays')

    const again = await push(app, token, 'main', 'android-any', apk)
    assert.deepEqual([pushed.status, again.status, again.json.replaced], [201, 200, false], again.text)
    assert.equal(await stateNow(), 'live')
    assert.equal((await app.ask('GET', '/notes/branches/main/download?platform=android', { token })).status, 200)
    assert.equal(digestOf(await blobs.read(digest, { offset: 0, length: apk.bytes.length })), digest)
    assert.deepEqual(await all(app), ['android-any notes.apk same'])
    assert.deepEqual(await findDamagedBlobs(app.deps, { readData: true }), [])
  }))

test('a PUT of the bytes alone heals a damaged slot, too', () =>
  withNotes({}, async (app, token) => {
    await push(app, token, 'main', 'android-any', apk)
    const digest = digestOf(apk.bytes)
    ;(app.deps.blobs as MemoryBlobStore).place(digest, new Uint8Array(apk.bytes.length), true)
    await findDamagedBlobs(app.deps, { readData: true })
    assert.equal((await findBlob(app.deps.store.reads, digest))?.state, 'damaged')
    const headers = {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(apk.bytes.length),
    }
    const url = `http://distd.test${BRANCH}/slots/android-any?fileName=notes.apk`
    const answer = await app.fetch(new Request(url, { method: 'PUT', headers, body: apk.bytes }))
    assert.equal(answer.status, 200, await answer.text())
    assert.equal((await findBlob(app.deps.store.reads, digest))?.state, 'live')
  }))
