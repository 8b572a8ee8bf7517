import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildProfile } from '../fixtures/build-profile.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { openBrowser, withVisitor } from '../helpers/browser.ts'
import { firstAdmin } from '../helpers/first-admin.ts'
import { unfold } from '../helpers/page-checks.ts'
import type { PublishClient } from '../helpers/publish-client.ts'
import { type TestServer, testRuntime, until } from '../helpers/server.ts'
import { type TlsSite, withTlsSite } from '../helpers/tls-site.ts'

const browser = await openBrowser()

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 3 } as const

/** Enough for a slow machine to open a link in. */
const LIFE_MS = 5000

const signer = await buildSigner({ subject: [['2.5.4.3', 'Example']] })
const FILES: readonly [fileName: string, platform: string, bytes: Uint8Array<ArrayBuffer>][] = [
  ['notes.apk', 'android', await signApk(buildApk({ minSdk: 26 }), [{ scheme: 2, signer }])],
  ['Notes.ipa', 'ios', buildIpa({ version: '1.0.0', profile: await buildProfile({ type: 'ad-hoc', signer }) })],
]

/** A private app with a release in its channel `beta`, and another that nobody was given. */
async function publish(server: TestServer): Promise<PublishClient> {
  const client = await firstAdmin(server)
  for (const slug of ['notes', 'other']) await client.createApp(slug, 'private')
  const { json: draft } = await client.call('POST', '/apps/notes/releases', [201], { body: { version: '1.0.0' } })
  const path = `/apps/notes/releases/${draft.id}`
  for (const [fileName, platform, bytes] of FILES) {
    const uploadId = await client.upload(fileName, bytes)
    await client.call('POST', `${path}/artifacts`, [201], { body: { uploadId, platform } })
  }
  await client.call('POST', `${path}/actions/publish`, [200])
  await client.call('POST', `${path}/actions/announce`, [200])
  const headers = { 'If-None-Match': '*' }
  await client.call('POST', '/apps/notes/channels/beta/actions/promote', [200, 201], {
    headers,
    body: { release: '1.0.0' },
  })
  return client
}

/** A link to the channel. @returns its id, and its address as somebody at a browser was given it */
async function share(
  client: PublishClient,
  { url }: TlsSite,
  more: object = {},
): Promise<{ id: string; link: string }> {
  const body = { app: 'notes', channel: 'beta', label: 'Grace in the field', ...more }
  const { json } = await client.call('POST', '/shares', [201], { body })
  return { id: json.share.id, link: url + new URL(json.url).pathname }
}

async function fitsPhone(page: Page): Promise<void> {
  const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
  assert.deepEqual(widths, [390, 390], page.url())
}

/** Taps a link to a file. @returns the bytes that were downloaded */
async function download(page: Page, link: Locator): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent('download'), link.tap()])
  return readFileSync(await file.path())
}

/** What a page says, without what is of the single request. */
async function words(page: Page): Promise<string> {
  return (await page.locator('body').innerText()).replace(/req_\w+/g, '')
}

test(`whoever is given a share link by distd on ${testRuntime} downloads with a phone, until the link is revoked`, () =>
  withTlsSite(async (site) => {
    const client = await publish(site.server)
    const { id, link } = await share(client, site)
    const details = async () => (await client.call('GET', `/shares/${id}`, [200])).json
    await withVisitor(
      browser,
      async ({ context, page, complaints }) => {
        for (const path of ['/notes', '/notes/beta', '/notes/beta/notes.apk']) {
          assert.equal((await page.goto(site.url + path))?.status(), 404, path)
          await fitsPhone(page)
        }
        assert.equal((await page.goto(link))?.status(), 200)
        assert.equal(page.url(), `${site.url}/notes/beta`)
        await unfold(page)
        await fitsPhone(page)
        assert.equal((await details()).downloads, 0)
        for (const [i, [fileName, , bytes]] of FILES.entries()) {
          const file = page.getByRole('link', { name: fileName }).first()
          const { height = 0 } = (await file.boundingBox()) ?? {}
          assert.ok(height >= 16, `${fileName} is ${height} pixels high`)
          assert.ok((await download(page, file)).equals(bytes), fileName)
          const { downloads, files } = await details()
          assert.equal(downloads, i + 1)
          assert.ok(files.some((row: { fileName: string }) => row.fileName === fileName))
        }
        const cookies = (await context.cookies()).map(({ name, path, httpOnly, secure, sameSite }) => ({
          ...{ name, path, httpOnly, secure, sameSite },
        }))
        const name = `__Secure-dist-share-${id.slice(id.indexOf('_') + 1)}`
        assert.deepEqual(cookies, [{ name, path: '/notes', httpOnly: true, secure: true, sameSite: 'Lax' }])
        for (const path of ['/other', '/notes/latest', '/account']) {
          const status = (await page.goto(site.url + path))?.status()
          assert.ok(status === 404 || page.url().includes('/login'), `${path}: ${status}`)
        }

        // Opened from a page elsewhere, such as web mail.
        site.answer('/mail', `<a href="${link}">your link</a>`)
        await context.clearCookies()
        await page.goto(`${site.origin('other.test')}/mail`)
        await page.getByRole('link').tap()
        await page.waitForURL(`${site.url}/notes/beta`)
        await unfold(page)
        await page.getByRole('link', { name: 'notes.apk' }).first().waitFor()

        await client.call('DELETE', `/shares/${id}`, [204])
        assert.equal((await page.reload())?.status(), 404)
        const revoked = await words(page)
        await page.goto(`${site.url}/absent/beta`)
        assert.equal(revoked, (await words(page)).replaceAll('absent', 'notes'))
        assert.equal((await page.goto(link))?.status(), 410)
        await page.getByText('The share link was revoked').waitFor()
        await page.getByText('Ask whoever gave it to you').waitFor()
        await fitsPhone(page)
        assert.equal(complaints.join('\n'), '')
      },
      PHONE,
    )
  }))

test(`a share link of distd on ${testRuntime} that is used up or expired says so on a phone`, () =>
  withTlsSite(async (site) => {
    const client = await publish(site.server)
    const once = await share(client, site, { maxDownloads: 1 })
    await withVisitor(
      browser,
      async ({ page, complaints }) => {
        await page.goto(once.link)
        await unfold(page)
        const file = page.getByRole('link', { name: 'notes.apk' }).first()
        assert.ok((await download(page, file)).equals(FILES[0]![2]))
        await page.getByRole('link', { name: 'Notes.ipa' }).first().tap()
        await page.getByText('All downloads that the share link allows were used').waitFor()
        await fitsPhone(page)
        assert.equal((await page.goto(once.link))?.status(), 410)

        await page.context().clearCookies()
        const { id, link } = await share(client, site, { expiresInDays: LIFE_MS / 86_400_000 })
        await page.goto(link)
        assert.equal(page.url(), `${site.url}/notes/beta`)
        const { json } = await client.call('GET', `/shares/${id}`, [200])
        await until('the link expires', () => Date.now() > Date.parse(json.expiresAt))
        assert.equal((await page.reload())?.status(), 404)
        assert.equal((await page.goto(link))?.status(), 410)
        await page.getByText(`The share link expired on ${json.expiresAt.slice(0, 10)}`).waitFor()
        await fitsPhone(page)
        assert.equal((await page.goto(`${link}x`))?.status(), 404)
        await page.getByText('There is no such share link').first().waitFor()
        assert.equal(complaints.join('\n'), '')
      },
      PHONE,
    )
  }))
