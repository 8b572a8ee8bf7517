import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestApp, draft, release, type TestApp } from '../helpers/test-app.ts'

let app: TestApp
let token: string

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
  await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
})
after(() => app.close())

const HTML = { Accept: 'text/html' }
const FILE = { fileName: 'notes.bin', bytes: new TextEncoder().encode('notes'), platform: 'linux' }

async function page(path: string): Promise<string> {
  const { status, text } = await app.ask('GET', path, { headers: HTML })
  assert.equal(status, 200, text)
  return text
}

/** Two hundred paragraphs, of which a page has room for some. */
const LONG = Array.from({ length: 200 }, (_, i) => `**Change ${i}** keeps _drafts_ and their attachments.`).join('\n\n')

test('a page shows the beginning of long notes and leads to all of them, as the same device', async () => {
  await release(app, token, 'notes', { version: '1.0.0', notes: LONG }, [FILE])
  for (const path of ['/notes/releases/1.0.0', '/notes/latest']) {
    const beginning = await page(`${path}?platform=linux&udid=00008030-001234567890ABCD`)
    assert.match(beginning, /<strong>Change 0<\/strong> keeps <em>drafts<\/em>/)
    assert.ok(!beginning.includes('Change 199'))
    const [, more = ''] = /<a href="(\?notes=all[^"]*)">/.exec(beginning) ?? []
    assert.equal(more, '?notes=all&amp;platform=linux#notes')
    const whole = await page(path + more.replaceAll('&amp;', '&'))
    assert.ok(whole.includes('<strong>Change 199</strong>'))
    assert.ok(!whole.includes('?notes=all'))
    assert.ok(new TextEncoder().encode(whole).byteLength > 4 * 4000)
    assert.ok(beginning.length < 16_000, `${beginning.length}`)
  }
  assert.equal((await app.ask('GET', '/notes/latest?notes=some', { headers: HTML })).status, 422)
})

test('short notes are shown whole, programs get them as they were written, and none are no section', async () => {
  await release(app, token, 'notes', { version: '1.1.0', notes: '- a\n- <b>b</b>' }, [FILE])
  const shown = await page('/notes/releases/1.1.0')
  assert.match(shown, /<ul><li>a<\/li><li>&lt;b>b&lt;\/b><\/li><\/ul>/)
  assert.ok(!shown.includes('notes=all'))
  const json = await app.ask('GET', '/notes/releases/1.1.0', { headers: { Accept: 'application/json' } })
  assert.equal(json.json.notes, '- a\n- <b>b</b>')
  await release(app, token, 'notes', { version: '1.2.0', notes: ' \n' }, [FILE])
  assert.ok(!(await page('/notes/releases/1.2.0')).includes('class="markdown"'))
})

test('an announcement is shown below the title of its page, and leads to all of it when it is long', async () => {
  const { id } = await draft(app, token, 'notes', { version: '2.0.0' }, [FILE])
  await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
  const releases = [{ app: 'notes', release: id }]
  const body = `# Two\n\n${LONG}`
  const made = await app.ask('POST', '/api/v1/announcements', {
    token,
    body: { title: 'Two is *here*', body, releases },
  })
  const path = new URL(made.json.url).pathname
  const beginning = await page(path)
  assert.match(beginning, /<h1>Two is \*here\*<\/h1>.*<h2>Two<\/h2><p><strong>Change 0<\/strong>/s)
  assert.ok(beginning.includes('href="?notes=all#notes"'))
  assert.ok(beginning.length < 16_000)
  assert.ok((await page(`${path}?notes=all`)).includes('Change 199'))
})
