import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildProfile } from '../fixtures/build-profile.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { openBrowser } from '../helpers/browser.ts'
import { type PublishClient, publishClient } from '../helpers/publish-client.ts'
import { createToken, testRuntime, withServer } from '../helpers/server.ts'

const browser = await openBrowser()

const LONG = 'W'.repeat(200)

/** A release of files with facts of every kind, some of them as long as they may get. */
async function publish(client: PublishClient): Promise<void> {
  await client.createApp('notes')
  const plain = await buildSigner({ subject: [['2.5.4.3', 'Example']] })
  const long = await buildSigner({ subject: [['2.5.4.3', LONG]] })
  const profile = await buildProfile({ type: 'ad-hoc', signer: plain, more: { Name: LONG } })
  const files: [fileName: string, platform: string, bytes: Uint8Array<ArrayBuffer>][] = [
    ['notes.apk', 'android', await signApk(buildApk({ minSdk: 26 }), [{ scheme: 2, signer: plain }])],
    [
      `${LONG.slice(0, 180)}.apk`,
      'android',
      await signApk(buildApk({ versionName: LONG, minSdk: LONG, debuggable: true }), [{ scheme: 2, signer: long }]),
    ],
    ['Notes.ipa', 'ios', buildIpa({ version: LONG, profile })],
  ]
  const { json: draft } = await client.call('POST', '/apps/notes/releases', [201], { body: { version: '1.0.0' } })
  const path = `/apps/notes/releases/${draft.id}`
  for (const [fileName, platform, bytes] of files) {
    const uploadId = await client.upload(fileName, bytes)
    await client.call('POST', `${path}/artifacts`, [201], { body: { uploadId, platform } })
  }
  await client.call('POST', `${path}/actions/publish`, [200])
  await client.call('POST', `${path}/actions/announce`, [200])
}

/** Relative luminance and contrast as WCAG 2.2 has them, of text before what it stands on. */
function contrast(ink: string, paper: string): number {
  const luminance = (color: string) => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
      const value = Number(part) / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [dark = 0, light = 0] = [luminance(ink), luminance(paper)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** Every text with its colors, and how far right it reaches. */
async function textsOf(page: Page) {
  return page.evaluate(() => {
    const paperOf = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)'
      const { backgroundColor } = getComputedStyle(element)
      return backgroundColor === 'rgba(0, 0, 0, 0)' ? paperOf(element.parentElement) : backgroundColor
    }
    const elements = [...document.querySelectorAll('main *')].filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim()),
    )
    return elements.map((element) => ({
      text: element.textContent ?? '',
      ink: getComputedStyle(element).color,
      paper: paperOf(element),
      // A long command scrolls inside itself.
      right: Math.max(...[...(element.closest('pre') ?? element).getClientRects()].map((box) => box.right)),
    }))
  })
}

/** Holds that every text of a page fits and can be read. @returns how many there are */
async function legibleTexts(page: Page, width: number, at: string): Promise<number> {
  const texts = await textsOf(page)
  for (const { text, ink, paper, right } of texts) {
    assert.ok(right <= width, `"${text.slice(0, 40)}" ends at ${right} at ${at}`)
    const ratio = contrast(ink, paper)
    assert.ok(ratio >= 4.5, `"${text.slice(0, 40)}" has a contrast of ${ratio.toFixed(2)} at ${at}`)
  }
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, at)
  return texts.length
}

/** Opens a page without JavaScript on a phone and a desktop, by day and by night. */
async function onEveryScreen(
  url: string,
  path: string,
  look: (page: Page, width: number, at: string) => Promise<void>,
): Promise<void> {
  for (const width of [360, 1440])
    for (const colorScheme of ['light', 'dark'] as const) {
      const viewport = { width, height: 800 }
      const context = await browser.newContext({ javaScriptEnabled: false, colorScheme, viewport })
      const page = await context.newPage()
      await page.goto(url + path)
      await look(page, width, `${path}, ${width} px, ${colorScheme}`)
      await context.close()
    }
}

test(`pages of distd on ${testRuntime} show facts of files without JavaScript, on phones and desktops, by day and night`, () =>
  withServer(async (server) => {
    await publish(publishClient(server.url, await createToken(server.data, '--allow', 'publish')))
    for (const path of ['/notes/latest', '/notes/releases/1.0.0'])
      await onEveryScreen(server.url, path, async (page, width, at) => {
        const first = page.locator('[data-file="notes.apk"]')
        // Files for another device than the one that looks are folded.
        await page.locator('summary', { hasText: 'Android' }).click()
        assert.ok(await first.getByText('Android 8.0 (API 26)').first().isVisible(), at)
        assert.ok(await page.getByText('The package is debuggable').isVisible(), at)
        const signature = first.getByText('apk-v2 valid, certificate names CN=Example')
        assert.ok(!(await signature.isVisible()), `folded at ${at}`)
        for (const summary of await first.locator('summary').all()) await summary.click()
        assert.ok(await signature.isVisible(), at)
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('details')) details.open = true
        })

        assert.ok((await legibleTexts(page, width, at)) > 30, at)
      })
  }))

test(`pages of distd on ${testRuntime} around releases fit and say each thing once, on phones and desktops, by day and night`, () =>
  withServer(async (server) => {
    const client = publishClient(server.url, await createToken(server.data, '--allow', 'admin'))
    await client.createApp('notes')
    await client.createApp('sync')
    const bytes = (text: string) => new TextEncoder().encode(text)
    for (const version of ['0.9.0', '1.0.0']) await client.release('notes', version, { 'a.bin': bytes(version) })
    await client.call('POST', '/apps/notes/releases/0.9.0/actions/purge', [200], { body: { reason: `holds ${LONG}` } })
    const ids: string[] = []
    for (const [app, version] of [
      ['notes', '1.1.0'],
      ['sync', '2.0.0'],
      ['notes', '1.2.0'],
    ] as const) {
      const { json: draft } = await client.call('POST', `/apps/${app}/releases`, [201], { body: { version } })
      const uploadId = await client.upload('a.bin', bytes(app + version))
      const path = `/apps/${app}/releases/${draft.id}`
      await client.call('POST', `${path}/artifacts`, [201], { body: { uploadId, platform: 'linux', arch: 'x64' } })
      await client.call('POST', `${path}/actions/publish`, [200])
      ids.push(draft.id)
    }
    const releases = ['notes', 'sync'].map((app, i) => ({ app, release: ids[i] }))
    const text = { title: LONG, body: `# News\n\n${LONG} ${'word '.repeat(400)}` }
    const { json: announcement } = await client.call('POST', '/announcements', [201], { body: { ...text, releases } })
    await client.call('POST', '/apps/sync/releases/2.0.0/actions/yank', [200], { body: { reason: 'loses drafts' } })
    const asked = { body: { app: 'notes', release: '1.2.0' } }
    const { preview } = (await client.call('POST', '/previews', [201], asked)).json
    const branch = `feature/${LONG.slice(0, 180)}`
    for (const slot of ['linux-x64', 'windows-arm64']) {
      const uploadId = await client.upload(`${LONG.slice(0, 180)}.bin`, bytes(slot))
      const path = `/apps/notes/branches/${encodeURIComponent(branch)}/slots/${slot}`
      await client.call('PUT', path, [201], { body: { uploadId } })
    }
    const pages: [path: string, shows: string][] = [
      ['/', 'Apps'],
      ['/notes', 'All branch builds'],
      ['/notes/announcements', 'Announcements'],
      [new URL(announcement.url).pathname, 'yanked'],
      [new URL(preview.url).pathname, 'Preview until'],
      ['/notes/releases/0.9.0', `Release "0.9.0" of "notes" was purged: holds ${LONG}`],
      ['/notes/branches', 'Branch builds'],
      [`/notes/branches?branch=${encodeURIComponent(branch)}`, 'This is a build, not a release'],
      ['/notes/branches/absent', 'There is no branch build "absent" of "notes"'],
    ]
    for (const [path, shows] of pages)
      await onEveryScreen(server.url, path, async (page, width, at) => {
        const shown = page.getByText(shows)
        assert.equal(await shown.count(), 1, `"${shows}" at ${at}`)
        assert.ok(await shown.isVisible(), at)
        await legibleTexts(page, width, at)
      })
  }))
