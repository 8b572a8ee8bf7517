import assert from 'node:assert/strict'
import { test } from 'node:test'
import { givenShare, shareDetails } from '../helpers/given-share.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { release } from '../helpers/test-app.ts'

/** One that is kept in memory, and one that each runtime sends in its own way. */
const SIZES = { 'small.bin': 1000, 'large.bin': 3_000_000 } as const
const fileOf = (size: number) => new Uint8Array(size).map((_, i) => (i * 31) >> 3)

async function withServed(run: (app: ServedApp, token: string) => Promise<void>): Promise<void> {
  const app = await serveTestApp({ blobs: 'fs' })
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes' } })
    const files = Object.entries(SIZES).map(([fileName, size]) => ({ fileName, bytes: fileOf(size) }))
    await release(app, token, 'notes', { version: '1.0.0' }, files)
    await run(app, token)
  } finally {
    await app.close()
  }
}

/** Ways to ask for a download, each with the first byte in it. */
const FORMS: readonly Record<string, string>[] = [
  {},
  { Range: 'bytes=0-' },
  { Range: 'bytes=0-9' },
  { Range: 'bytes=-99999999' },
  { Range: 'bytes=0-0,5-9' },
  { Range: 'bytes=5-9,0-0' },
  { Range: 'bytes=5-', 'If-Range': '"sha256-other"' },
]

for (const fileName of Object.keys(SIZES) as (keyof typeof SIZES)[]) {
  test(`over a real connection no more downloads of ${fileName} begin than a link allows, however they are asked for`, () =>
    withServed(async (app, token) => {
      const given = await givenShare(app, token, { app: 'notes', channel: 'latest', maxDownloads: 6 })
      const answers = await Promise.all(
        Array.from({ length: 42 }, async (_, i) => {
          const answer = await fetch(`${app.url}/notes/latest/${fileName}`, {
            headers: { ...given.headers, ...FORMS[i % FORMS.length] },
          })
          return { status: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) }
        }),
      )
      const sent = answers.filter(({ status }) => status === 200 || status === 206)
      assert.equal(sent.length, 6)
      for (const { status, bytes } of answers) {
        if (status === 200) assert.deepEqual(bytes, fileOf(SIZES[fileName]))
        else if (status !== 206) assert.equal(JSON.parse(new TextDecoder().decode(bytes)).code, 'share.gone')
      }
      assert.equal((await shareDetails(app, token, given.share)).downloads, 6)
    }))
}

test('a client that leaves as soon as bytes come has used a download of the link', () =>
  withServed(async (app, token) => {
    const given = await givenShare(app, token, { app: 'notes', channel: 'latest', maxDownloads: 3 })
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) {
      const leave = new AbortController()
      const answer = await fetch(`${app.url}/notes/latest/large.bin`, { ...given, signal: leave.signal })
      statuses.push(answer.status)
      leave.abort()
      await answer.arrayBuffer().catch(() => undefined)
    }
    assert.deepEqual(statuses, [200, 200, 200, 410, 410])
    const head = await fetch(`${app.url}/notes/latest/large.bin`, { ...given, method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(SIZES['large.bin'])])
    assert.equal((await shareDetails(app, token, given.share)).downloads, 3)
  }))
