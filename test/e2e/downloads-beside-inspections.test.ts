import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { buildTar } from '../fixtures/tar-writer.ts'
import { needPrograms } from '../helpers/debian.ts'
import { digestOf, type PublishClient, publishClient } from '../helpers/publish-client.ts'
import { createToken, testRuntime, withServer } from '../helpers/server.ts'

needPrograms({ xz: 'xz-utils' })

const INSPECTIONS = 20
const DOWNLOADS = 200
/** A tenth of a second of work or more, nearly none of it spent waiting for reads. */
const MEMBERS = 60_000

/** Tarballs of 5 KB that differ in their padding: whoever reads one hardly ever lets go of his thread. */
function longFiles(): Uint8Array<ArrayBuffer>[] {
  const member = buildTar([{ name: 'notes', data: '' }]).subarray(0, 512)
  const tar = new Uint8Array(MEMBERS * member.length + 1024)
  for (let i = 0; i < MEMBERS; i++) tar.set(member, i * member.length)
  const { status, stdout } = spawnSync('xz', ['-1', '--stdout'], { input: tar, maxBuffer: 1 << 20 })
  assert.equal(status, 0)
  return Array.from({ length: INSPECTIONS }, (_, i) => Uint8Array.from(Buffer.concat([stdout, new Uint8Array(4 * i)])))
}

/** Attaches an upload to a draft of its own; one who is told that the reading goes on asks again. */
async function inspected(client: PublishClient, draft: string, uploadId: string): Promise<void> {
  for (;;) {
    const path = `/apps/notes/releases/${draft}/artifacts`
    const { status, json } = await client.call('POST', path, [201, 503], { body: { uploadId, platform: 'linux' } })
    if (status === 503) {
      assert.equal(json.code, 'artifact.unread')
      continue
    }
    assert.equal(json.inspection.format, 'tar.xz')
    return
  }
}

test(`distd on ${testRuntime} answers ${DOWNLOADS} downloads before it has inspected ${INSPECTIONS} files that it began at once`, (t) =>
  withServer(async (server) => {
    const client = publishClient(server.url, await createToken(server.data, '--allow', 'publish'))
    await client.createApp('notes')
    const file = Uint8Array.from(randomBytes(64 << 10))
    await client.release('notes', '1.0.0', { 'notes.bin': file })
    const waiting: { readonly draft: string; readonly uploadId: string }[] = []
    for (const [i, bytes] of longFiles().entries()) {
      const uploadId = await client.upload('notes.tar.xz', bytes)
      const { json } = await client.call('POST', '/apps/notes/releases', [201], { body: { version: `2.0.${i}` } })
      waiting.push({ draft: json.id, uploadId })
    }

    let unanswered = waiting.length
    const inspections = waiting.map(({ draft, uploadId }) =>
      inspected(client, draft, uploadId).finally(() => unanswered--),
    )
    const all = Promise.all(inspections)
    // Looked at where it is awaited, at the end.
    all.catch(() => undefined)
    const digest = digestOf(file)
    for (let i = 0; i < DOWNLOADS; i++) {
      const { status, bytes } = await client.ask('GET', '/notes/latest/notes.bin')
      assert.deepEqual([status, digestOf(bytes)], [200, digest])
    }
    t.diagnostic(`${unanswered} inspections were not answered when the last download ended`)
    assert.ok(unanswered > 0, 'the last download had to wait for the last inspection')
    await all
  }))
