import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publishClient } from '../helpers/publish-client.ts'
import { serveTestApp } from '../helpers/served-app.ts'

const ROUNDS = 12
const READERS = 6

test('of two promotions that race over the network one wins, and every reader sees the old or the new release', async () => {
  const app = await serveTestApp()
  try {
    const { secret } = await app.issue({ actions: ['admin'] })
    const client = publishClient(app.url, secret)
    await client.createApp('notes')
    const versions = ['1.0.0', '1.1.0', '1.2.0']
    const bodies = new Map(versions.map((version) => [version, new TextEncoder().encode(version.repeat(5000))]))
    for (const version of versions) {
      await client.release('notes', version, { 'notes.bin': bodies.get(version)! })
    }
    const path = '/apps/notes/channels/stable'
    await client.call('PATCH', path, [200], { body: { policy: { allowDowngrade: true } } })
    const move = (release: string, headers: Record<string, string>) =>
      client.ask('POST', `/api/v1${path}/actions/promote`, { headers, body: { release } })
    assert.equal((await move('1.0.0', { 'If-None-Match': '*' })).status, 200)

    let isOver = false
    const seen = new Set<string>()
    const texts = new Map(versions.map((version) => [version.repeat(5000), version]))
    // Strangers with connections of their own, who ask for bytes, for the file list and for the pointer.
    const reader = async (n: number) => {
      const stranger = publishClient(app.url)
      for (let i = n; !isOver; i++) {
        if (i % 3 === 0) {
          const { status, json } = await stranger.ask('GET', `/api/v1${path}`)
          assert.ok(status === 200 && versions.includes(json.current), `${status}`)
        } else {
          const address = i % 3 === 1 ? '/notes/stable/notes.bin' : '/notes/stable/download?platform=linux'
          const { status, text, headers } = await stranger.ask('GET', address)
          const version = texts.get(text)
          assert.ok(status === 200 && version !== undefined, `${address}: ${status}, ${text.length} characters`)
          // One answer is of one release: its bytes, and where they stay.
          assert.equal(
            new URL(headers.get('content-location')!, app.url).pathname,
            `/notes/releases/${version}/notes.bin`,
          )
          seen.add(version)
        }
      }
    }
    const readers = Array.from({ length: READERS }, (_, n) => reader(n))
    const won: string[] = []
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const read = await client.call('GET', path, [200])
        const headers = { 'If-Match': read.headers.get('etag')! }
        const rivals = versions.filter((version) => version !== read.json.current)
        const answers = await Promise.all(rivals.map((rival) => move(rival, headers)))
        assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412])
        const lost = answers.find(({ status }) => status === 412)!
        const winner = rivals[answers.findIndex(({ status }) => status === 200)]!
        assert.deepEqual([lost.json.code, lost.json.details], ['channel.stale', { current: winner }])
        assert.equal((await client.call('GET', path, [200])).json.current, winner)
        won.push(winner)
      }
    } finally {
      isOver = true
      await Promise.all(readers)
    }
    const { items } = (await client.call('GET', `${path}/moves`, [200])).json
    assert.deepEqual(items.map(({ to }: { to: string }) => to).reverse(), ['1.0.0', ...won], 'who lost wrote nothing')
    assert.ok(seen.size > 1, 'readers came while it moved')
  } finally {
    await app.close()
  }
})
