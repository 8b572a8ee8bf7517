import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { digestOf, type PublishClient, publishClient } from '../helpers/publish-client.ts'
import { createToken, start, testRuntime, until, withServer } from '../helpers/server.ts'
import { seededBytes } from '../suites/bodies.ts'

needPrograms({ curl: 'curl' })

const PUSHES = 200
const READERS = 8
const SLOT = '/apps/notes/branches/feature%2Fx/slots/linux-x64'
const FOLDER = '/notes/branches/feature%2Fx'

async function push(client: PublishClient, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const uploadId = await client.upload('notes.bin', bytes)
  await client.call('PUT', SLOT, [200, 201], { body: { uploadId } })
}

/** Some are held in memory, some come from the disk in one piece, some in many. */
const sizeOf = (i: number) => [900, 20_000, 300_000, 1_300_000][i % 4]! + i

test(`${PUSHES} pushes to one slot of distd on ${testRuntime} beside ${READERS} readers: each download is one whole build`, () =>
  withServer(async (server) => {
    const client = publishClient(server.url, await createToken(server.data, '--allow', 'admin'))
    await client.createApp('notes')
    /** Which push made a digest, with its length. */
    const known = new Map<string, { push: number; sizeBytes: number }>()
    let acknowledged = 0
    const pushNext = async (i: number) => {
      const bytes = seededBytes(sizeOf(i), i + 1)
      known.set(digestOf(bytes), { push: i, sizeBytes: bytes.byteLength })
      await push(client, bytes)
      acknowledged = i
    }
    await pushNext(0)

    let isOver = false
    const reader = async (n: number) => {
      const url = `${server.url}${FOLDER}/${n % 2 === 0 ? 'download?platform=linux&arch=x64' : 'notes.bin'}`
      const seen = new Set<number>()
      for (let last = 0; !isOver; ) {
        const before = acknowledged
        const response = await fetch(url)
        assert.equal(response.status, 200)
        // A reader that is slow while the slot is replaced under it.
        if (n >= READERS - 2) await new Promise((resolve) => setTimeout(resolve, 50))
        const bytes = new Uint8Array(await response.arrayBuffer())
        const digest = digestOf(bytes)
        const build = known.get(digest)
        assert.ok(build, `${bytes.byteLength} bytes of ${digest} were never pushed`)
        assert.equal(bytes.byteLength, build.sizeBytes)
        assert.equal(response.headers.get('content-length'), String(build.sizeBytes))
        assert.equal(response.headers.get('etag'), `"sha256-${digest.slice('sha256:'.length)}"`)
        assert.ok(
          build.push >= before && build.push >= last,
          `push ${build.push} came after ${before} was acknowledged`,
        )
        last = build.push
        seen.add(last)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      return seen.size
    }
    const readers = Array.from({ length: READERS }, (_, n) => reader(n))
    // A reader that fails ends the pushes, instead of waiting for them.
    const writer = (async () => {
      for (let i = 1; i < PUSHES; i++) await pushNext(i)
    })().finally(() => {
      isOver = true
    })
    const [, ...seen] = await Promise.all([writer, ...readers])
    assert.ok(
      seen.every((builds) => (builds as number) > 5),
      `builds that the readers saw: ${seen}`,
    )
    const { json } = await client.call('GET', '/apps/notes/branches', [200])
    assert.deepEqual([json.items.length, json.items[0].slots.length], [1, 1])
    assert.equal(known.get(json.items[0].slots[0].digest)?.push, PUSHES - 1)
    assert.deepEqual(
      server.log().filter(({ level }) => level === 'error'),
      [],
    )
  }))

test(`curl -z fetches a build from distd on ${testRuntime} once, and again when it was replaced`, () =>
  withServer(async (server, folder) => {
    const client = publishClient(server.url, await createToken(server.data, '--allow', 'admin'))
    await client.createApp('notes')
    const file = join(folder, 'notes.bin')
    /** @returns the status of the answer */
    const fetchNewer = async (...args: string[]) => {
      const url = `${server.url}${FOLDER}/download?platform=linux&arch=x64`
      const options = ['--silent', '--show-error', '--fail', '--write-out', '%{http_code}', '--output', file]
      const curl = start(['curl', ...options, ...args, url])
      assert.equal(await curl.ended, 0, curl.stderr)
      return curl.stdout
    }
    for (const [i, keepDate] of [[], ['--remote-time']].entries()) {
      const bytes = seededBytes(100_000, i)
      await push(client, bytes)
      assert.equal(await fetchNewer(...(i === 0 ? [] : ['--time-cond', file]), ...keepDate), '200')
      assert.equal(digestOf(readFileSync(file)), digestOf(bytes))
      // In the second of the push a date is not enough to know.
      await until(
        'curl has the build',
        async () => (await fetchNewer('--time-cond', file, ...keepDate)) === '304',
        5000,
      )
      assert.equal(digestOf(readFileSync(file)), digestOf(bytes))
    }
    const next = seededBytes(50_000, 7)
    await push(client, next)
    assert.equal(await fetchNewer('--time-cond', file), '200')
    assert.equal(digestOf(readFileSync(file)), digestOf(next))
  }))

test(`curl -T puts a file into a slot of distd on ${testRuntime}, with its digest checked, and leaves nothing when it is wrong`, () =>
  withServer(async (server, folder) => {
    const token = await createToken(server.data, '--allow', 'admin')
    const client = publishClient(server.url, token)
    await client.createApp('notes')
    const file = join(folder, 'notes.bin')
    const bytes = seededBytes(3_000_001)
    writeFileSync(file, bytes)
    const base64 = Buffer.from(digestOf(bytes).slice('sha256:'.length), 'hex').toString('base64')
    /** @returns the status of the answer */
    const put = async (...args: string[]) => {
      const fields = [`Authorization: Bearer ${token}`, 'Content-Type: application/octet-stream']
      const headers = fields.flatMap((field) => ['--header', field])
      const url = `${server.url}/api/v1${SLOT}?fileName=notes.bin&expiresInDays=14`
      const curl = start([
        'curl',
        '--silent',
        '--output',
        '/dev/null',
        '--write-out',
        '%{http_code}',
        ...headers,
        ...args,
        url,
      ])
      await curl.ended
      return curl.stdout
    }
    const wrong = `sha-256=:${'A'.repeat(43)}=:`
    assert.equal(await put('--upload-file', file, '--header', `Repr-Digest: ${wrong}`), '422')
    assert.equal(await put('--upload-file', '-', '--header', 'Transfer-Encoding: chunked'), '411')
    // Cut in the middle: curl gives up after a second.
    await put('--upload-file', file, '--limit-rate', '300K', '--max-time', '1')
    const staged = () => readdirSync(join(server.data, 'staging'))
    await until('nothing is staged', () => staged().length === 0)
    await client.call('GET', '/apps/notes/branches/feature%2Fx', [404])

    assert.equal(await put('--upload-file', file, '--header', `Repr-Digest: sha-256=:${base64}:`), '201')
    assert.equal(await put('--upload-file', file), '200')
    const { bytes: got } = await client.ask('GET', `${FOLDER}/notes.bin`)
    assert.equal(digestOf(got), digestOf(bytes))
    assert.deepEqual(staged(), [])
  }))
