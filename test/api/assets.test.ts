import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ASSETS, STYLE } from '../../ui/assets.gen.ts'
import { createTestApp, type TestApp } from '../helpers/test-app.ts'

let app: TestApp
before(async () => {
  app = await createTestApp()
})
after(() => app.close())

test('what pages load is kept for ever, is taken for nothing else, and needs nobody to be signed in', async () => {
  const { text: page } = await app.ask('GET', '/', { headers: { Accept: 'text/html' } })
  assert.ok(page.includes(STYLE.path))
  for (const { path, type, text } of ASSETS) {
    const answer = await app.ask('GET', path)
    assert.equal(answer.status, 200)
    assert.equal(answer.text, text)
    assert.equal(answer.headers.get('content-type'), type)
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(answer.headers.get('set-cookie'), null)
  }
})

test('a name that another content had is not there', async () => {
  for (const path of ['/assets/style.css', '/assets/style.0000000000000000.css', '/assets/constructor']) {
    const answer = await app.ask('GET', path)
    assert.equal(answer.status, 404)
    assert.equal(answer.json.code, 'route.not_found')
    assert.equal(answer.headers.get('cache-control')?.includes('immutable') ?? false, false)
  }
})

test('what pages load travels packed to who takes it so', async () => {
  for (const { path, text } of ASSETS)
    for (const [accepted, isPacked] of [
      ['gzip, deflate, br, zstd', true],
      ['br;q=1.0, GZIP;q=0.8', true],
      ['gzip;q=0, br', false],
      ['gzip;q=0.000', false],
      ['xgzip', false],
      ['identity', false],
      ['', false],
    ] as const) {
      const answer = await app.fetch(
        new Request(`http://distd.test${path}`, { headers: { 'Accept-Encoding': accepted } }),
      )
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('vary'), 'Accept-Encoding')
      assert.equal(answer.headers.get('content-encoding'), isPacked ? 'gzip' : null, accepted)
      const bytes = await answer.blob()
      const sent = isPacked ? bytes.stream().pipeThrough(new DecompressionStream('gzip')) : bytes
      assert.equal(await new Response(sent).text(), text)
      if (isPacked) assert.ok(bytes.size < text.length)
    }
})
