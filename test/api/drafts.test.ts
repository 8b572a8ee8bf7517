import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from '../../src/bytes/digest.ts'
import { draft, upload, withNotes } from '../helpers/test-app.ts'
import { bytesOf } from '../helpers/text-file.ts'

test('the set URL of a release stays the same through its whole life and serves the same bytes', () =>
  withNotes({ blobs: 'memory' }, async (app, token) => {
    const { id, setUrl } = await draft(app, token, 'notes', { version: '1.0.0' }, [
      { fileName: 'notes.bin', bytes: bytesOf('notes') },
    ])
    assert.match(setUrl, /^http:\/\/distd\.test\/sets\/[0-9a-f]{32}$/)
    const set = new URL(setUrl).pathname
    const check = async (state: string) => {
      const shown = (await app.ask('GET', `/api/v1/apps/notes/releases/${id}`, { token })).json
      assert.deepEqual([shown.state, shown.setUrl], [state, setUrl])
      // A set URL is for whoever was told it: no credential.
      const got = await app.ask('GET', `${set}/notes.bin`)
      assert.deepEqual([got.status, got.text], [200, 'notes'], state)
      assert.equal((await app.ask('GET', set)).status, 200, state)
    }
    const act = async (action: string, body?: object) => {
      const path = `/api/v1/apps/notes/releases/${id}/actions/${action}`
      const answer = await app.ask('POST', path, { token, ...(body === undefined ? {} : { body }) })
      assert.equal(answer.status, 200, answer.text)
    }
    await check('draft')
    await act('publish')
    await check('published')
    await act('announce')
    await check('announced')
    await act('yank', { reason: 'broken' })
    await check('yanked')
    await act('unyank')
    await check('announced')
    const other = await draft(app, token, 'notes', { version: '1.1.0' }, [])
    assert.notEqual(other.setUrl, setUrl)
  }))

for (const blobs of ['memory', 'fs'] as const) {
  test(`two machines fill one draft at the same time, each with its own token (${blobs})`, () =>
    withNotes({ blobs: blobs }, async (app, token) => {
      const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [])
      const machines = await Promise.all(
        ['linux', 'macos'].map(async (platform) => ({
          platform,
          token: (await app.issue({ actions: ['publish'], apps: ['notes'], name: platform })).secret,
        })),
      )
      const files = machines.flatMap((machine) =>
        Array.from({ length: 5 }, (_, i) => ({
          ...machine,
          fileName: `notes-${machine.platform}-${i}.bin`,
          // 300 KB each: more than one piece of a body, so that the uploads really go on beside each other.
          bytes: bytesOf(`${machine.platform} ${i} `.repeat(30_000)),
        })),
      )
      const attached = await Promise.all(
        files.map(async (file) => {
          const uploadId = await upload(app, file.token, file)
          return app.ask('POST', `/api/v1/apps/notes/releases/${id}/artifacts`, {
            token: file.token,
            body: { uploadId, platform: file.platform },
          })
        }),
      )
      for (const answer of attached) assert.equal(answer.status, 201, answer.text)
      const published = await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, {
        token: machines[1]!.token,
      })
      assert.deepEqual([published.status, published.json.created], [200, true], published.text)
      assert.deepEqual(
        published.json.release.artifacts.map((artifact: { fileName: string; digest: string; platform: string }) => [
          artifact.fileName,
          artifact.digest,
          artifact.platform,
        ]),
        files.map(({ fileName, bytes, platform }) => [fileName, digestOf(bytes), platform]),
      )
      for (const { fileName, bytes } of files) {
        const got = await app.ask('GET', `/notes/releases/1.0.0/${fileName}`, { token })
        assert.equal(digestOf(bytesOf(got.text)), digestOf(bytes), fileName)
      }
    }))
}

test('a version that was purged is never given again, not even to the same files', () =>
  withNotes({ blobs: 'memory' }, async (app, token) => {
    const file = (text: string) => ({ fileName: 'notes.bin', bytes: bytesOf(text) })
    const publish = async (text: string) => {
      const { id } = await draft(app, token, 'notes', { version: '1.0.0' }, [file(text)])
      return app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
    }
    const first = await publish('notes')
    assert.equal(first.status, 200)
    const { id } = first.json.release
    await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/announce`, { token })
    const purged = await app.ask('POST', '/api/v1/apps/notes/releases/1.0.0/actions/purge', {
      token,
      body: { reason: 'holds a secret' },
    })
    assert.equal(purged.status, 200, purged.text)
    for (const text of ['notes', 'other notes']) {
      const again = await publish(text)
      assert.deepEqual([again.status, again.json.code], [409, 'release.conflict'], again.text)
      assert.deepEqual(again.json.details, { ref: '1.0.0', state: 'purged' })
      assert.match(again.json.detail, /: a release that was purged had this version$/)
    }
    const path = '/api/v1/apps/notes/channels/stable/actions/promote'
    const promoted = await app.ask('POST', path, {
      token,
      headers: { 'If-None-Match': '*' },
      body: { release: '1.0.0' },
    })
    assert.equal(promoted.json.code, 'release.purged')
    assert.equal((await app.ask('GET', '/notes/releases/1.0.0/notes.bin', { token })).status, 410)
    for (const action of ['publish', 'announce', 'yank', 'unyank', 'discard']) {
      const answer = await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/${action}`, {
        token,
        ...(action === 'yank' ? { body: { reason: 'r' } } : {}),
      })
      assert.deepEqual([answer.status, answer.json.code], [410, 'release.purged'], action)
    }
    assert.equal((await app.ask('DELETE', '/api/v1/apps/notes', { token })).json.code, 'app.in_use')
  }))
