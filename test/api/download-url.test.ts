import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, draft, upload } from '../helpers/test-app.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

test('with a download URL the files of previews and branch builds are named by it too, and their pages stay', async () => {
  const config = { publicUrl: 'https://dist.example', downloadUrl: 'https://files.example' }
  const two = await createTestApp()
  try {
    const { secret } = await two.issue({ actions: ['admin'] })
    await two.ask('POST', '/api/v1/apps', { token: secret, body: { slug: 'notes', visibility: 'public' } })
    const { id } = await draft(two, secret, 'notes', { version: '1.0.0' }, [{ fileName: 'a.bin', bytes: bytesOf('a') }])
    await two.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token: secret })
    const made = await two.ask('POST', '/api/v1/previews', { token: secret, body: { app: 'notes', release: id } })
    const preview = new URL(made.json.preview.url).pathname
    const uploadId = await upload(two, secret, { fileName: 'b.bin', bytes: bytesOf('b') })
    const slot = '/api/v1/apps/notes/branches/pr%2F7/slots/linux-x64'
    assert.equal((await two.ask('PUT', slot, { token: secret, body: { uploadId } })).status, 201)
    // The helper asks another host.
    Object.assign(two.deps.config, config)
    const ask = async (url: string) => {
      const request = new Request(url.replace('https:', 'http:'), { headers: { Accept: 'text/html' } })
      const response = await two.fetch(request)
      return { status: response.status, cache: response.headers.get('cache-control'), text: await response.text() }
    }
    for (const [page, text, cache] of [
      [preview, 'a', 'private, no-store'],
      ['/notes/branches/pr%2F7', 'b', 'no-cache'],
    ] as const) {
      const shown = await ask(config.publicUrl + page)
      assert.equal(shown.status, 200, page)
      const [, named] = shown.text.match(/href="(https:\/\/files\.example\/[^"]+)"/) ?? []
      assert.ok(named, `${page} names its file there`)
      assert.deepEqual(await ask(named.replaceAll('&amp;', '&')), { status: 200, cache, text })
      assert.equal((await ask(config.downloadUrl + page)).status, 421, 'a page')
    }
  } finally {
    await two.close()
  }
})
