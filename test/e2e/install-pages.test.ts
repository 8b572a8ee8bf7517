import assert from 'node:assert/strict'
import { get } from 'node:https'
import { test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { DEVICES, type DeviceName, withDevice } from '../helpers/devices.ts'
import { ADA, firstAdmin } from '../helpers/first-admin.ts'
import type { InstallFile } from '../helpers/install-files.ts'
import {
  type InstallPages,
  type InstallScene,
  installScene,
  PURGE_REASON,
  shownDigest,
  YANK_REASON,
} from '../helpers/install-scene.ts'
import { awake, overflow } from '../helpers/page-checks.ts'
import { type TestServer, testRuntime, withServer } from '../helpers/server.ts'
import { type TlsSite, withTlsSite } from '../helpers/tls-site.ts'

const browser = await openBrowser()

const MODES = [true, false] as const

/** What a page that is not there, or not any more, answers. */
const STATUSES: Partial<Readonly<Record<keyof InstallPages, number>>> = {
  emptyChannel: 404,
  notFound: 404,
  purged: 410,
  previewExpired: 410,
}

/** What is wrong with a page whatever it shows; requests to other hosts fail with it. */
async function faultsOf(page: Page, complaints: string[]): Promise<string[]> {
  const sticking = await overflow(page)
  return [...complaints.splice(0), ...(sticking === '' ? [] : [`is too wide: ${sticking}`])]
}

/** Runs with everything that is published, on a server that is asked over plain http on this machine. */
function inScene(work: (scene: InstallScene, server: TestServer) => Promise<void>): Promise<void> {
  return withServer(async (server) => work(await installScene(await firstAdmin(server)), server))
}

for (const javaScript of MODES)
  test(`pages of distd on ${testRuntime} ${javaScript ? 'with' : 'without'} JavaScript answer every device without a complaint, and fit it`, () =>
    inScene(async ({ pages, files }, { url }) => {
      const faults: string[] = []
      for (const device of Object.values(DEVICES))
        await withDevice(
          browser,
          device,
          async ({ page, complaints }) => {
            const elsewhere: string[] = []
            page.on('request', (request) => {
              if (!request.url().startsWith(`${url}/`)) elsewhere.push(`asks ${request.url()}`)
            })
            for (const [name, path] of Object.entries(pages)) {
              const answer = await page.goto(url + path)
              if (javaScript) await awake(page)
              const status = STATUSES[name as keyof InstallPages] ?? 200
              const found = [...elsewhere.splice(0), ...(await faultsOf(page, complaints))]
              if (answer?.status() !== status) found.push(`answers ${answer?.status()}`)
              if (name === 'stable') found.push(...(await missing(page, files)))
              faults.push(...found.map((fault) => `${name} (${path}) on ${device.name} ${fault}`))
            }
          },
          { javaScript },
        )
      assert.deepEqual(faults, [])
    }))

/** Files that a page does not show, or not as they are. IPAs have no link for strangers, and all others have one. */
async function missing(page: Page, files: readonly InstallFile[]): Promise<string[]> {
  const shown = await page.locator('[data-file]').evaluateAll((offers) =>
    offers.map((offer) => ({
      fileName: offer.getAttribute('data-file'),
      text: offer.textContent ?? '',
      links: [...offer.querySelectorAll('a')].map((link) => link.getAttribute('href') ?? ''),
    })),
  )
  const offered = files.filter(({ declared }) => declared.kind === undefined)
  const found = offered.length === shown.length ? [] : [`shows ${shown.length} files, not ${offered.length}`]
  for (const file of offered) {
    const offer = shown.find(({ fileName }) => fileName === file.fileName)
    if (!offer?.text.includes(shownDigest(file))) found.push(`does not tell the digest of ${file.fileName}`)
    const links = offer?.links.filter((href) => href.endsWith(`/${encodeURIComponent(file.fileName)}`)) ?? []
    const expected = file.fileName.endsWith('.ipa') ? 0 : 1
    if (links.length !== expected) found.push(`links ${file.fileName} ${links.length} times`)
  }
  return found
}

const offerOf = (page: Page, fileName: string): Locator => page.locator(`[data-file="${fileName}"]`)

/** The offer that a page marks as the one to take. */
async function bestOf(
  page: Page,
): Promise<{ name: string | null; href: string | null; label: string; isFirst: boolean }> {
  const best = page.locator('.offer.best')
  const count = await best.count()
  assert.ok(count <= 1, 'one offer at most is the best')
  if (count === 0) return { name: null, href: null, label: '', isFirst: false }
  const action = best.locator('.do a.button')
  return {
    name: (await best.getAttribute('data-file')) ?? (await best.locator('h3').textContent()),
    href: await action.getAttribute('href'),
    label: (await action.textContent()) ?? '',
    isFirst: await best.evaluate((element) => element === document.querySelector('.offer')),
  }
}

/** What `/notes/stable` offers first over plain http, where nothing is installed over the air. */
const BEST: Readonly<Record<DeviceName, string | null>> = {
  android: 'notes.apk',
  iphone: 'TestFlight',
  ipad: 'TestFlight',
  mac: 'Notes-1.4.0.dmg',
  windows: 'notes-setup.exe',
  linux: 'notes_1.4.0-1_amd64.deb',
  unknown: null,
}

for (const javaScript of MODES)
  test(`a page of distd on ${testRuntime} ${javaScript ? 'with' : 'without'} JavaScript offers each device first what is for it, and all else below`, () =>
    inScene(async ({ pages, links }, { url }) => {
      for (const [name, device] of Object.entries(DEVICES) as [DeviceName, (typeof DEVICES)[DeviceName]][])
        await withDevice(
          browser,
          device,
          async ({ page }) => {
            await page.goto(url + pages.stable)
            if (javaScript) await awake(page)
            // Nobody but a script can tell an iPad from a Mac.
            if (name === 'ipad' && javaScript) await page.waitForURL(`${url}${pages.stable}?platform=ios`)
            const isTakenForMac = name === 'ipad' && !javaScript
            const best = await bestOf(page)
            assert.equal(best.name, BEST[isTakenForMac ? 'mac' : name], device.name)
            if (best.name !== null) {
              assert.ok(best.isFirst, device.name)
              if (best.name === 'TestFlight')
                assert.deepEqual(
                  [best.href, best.label.trim()],
                  [links[0].url, 'Open in TestFlight for iPhone and iPad'],
                )
              else {
                assert.equal(best.href, `/notes/releases/1.4.0/${best.name}`)
                assert.ok(best.label.startsWith(`Download ${best.name}`), best.label)
              }
            }
            if (isTakenForMac) assert.ok(await page.getByText('Using an iPad?').first().isVisible())
            for (const link of links) assert.ok((await page.locator(`a[href="${link.url}"]`).count()) >= 1, link.url)
            assert.equal(await page.locator('a[href^="itms-services:"]').count(), 0, 'not over plain http')
          },
          { javaScript },
        )
    }))

/** What pages say of files, from the options that the files were built with. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  'notes.apk': ['Android 8.0 (API 26)', 'CN=Example Notes', 'Take pictures and videos', '3 permissions'],
  'notes.aab': ['Android 8.0 (API 26)', 'no device installs'],
  'Notes-enterprise.ipa': ['iOS 16.0', 'Apple Distribution: Example Inc (ABCDE12345)', 'enterprise'],
  'Notes-adhoc.ipa': ['iOS 16.0', '2 devices'],
  'Notes-development.ipa': ['development', 'Scans notes'],
  'Notes-1.4.0.dmg': ['Developer ID Application: Example Inc (ABCDE12345)', 'ticket'],
  'Notes-1.4.0-intel.zip': ['macOS 12.0', 'Intel', 'none'],
  'notes-setup.exe': ['CN=Example Signer'],
  'notes-1.4.0.msi': ['CN=Example Signer'],
  'notes-1.4.0.msix': ['CN=Example Signer'],
  'notes-windows-arm64.zip': ['64-bit ARM'],
  'notes_1.4.0-1_amd64.deb': ['1.4.0-1', '64-bit Intel and AMD', 'apt install'],
  'notes-1.4.0-1.x86_64.rpm': ['1.4.0-1', '64-bit Intel and AMD'],
  'Notes-1.4.0.AppImage': ['64-bit Intel and AMD'],
  'notes-linux-arm64.tar.gz': ['64-bit ARM'],
}

test(`a page of distd on ${testRuntime} tells of files what was built into them, and to people of other platforms too`, () =>
  inScene(async ({ pages, files, stable }, { url }) => {
    const sizes = new Map(stable.artifacts.map((artifact: { fileName: string }) => [artifact.fileName, artifact]))
    assert.equal(sizes.size, files.length)
    for (const device of [DEVICES.linux, DEVICES.android])
      await withDevice(
        browser,
        device,
        async ({ page }) => {
          await page.goto(url + pages.stable)
          assert.equal(await page.locator('h1').textContent(), 'Acme Notes 1.4.0')
          for (const [fileName, facts] of Object.entries(TOLD)) {
            const text = (await offerOf(page, fileName).textContent()) ?? ''
            for (const fact of facts) assert.ok(text.includes(fact), `${fileName}: ${fact} in ${text}`)
          }
          const notes = page.locator('.text, #notes').first()
          assert.deepEqual(await notes.locator('td').allTextContents(), [
            'Ctrl+K',
            'searches',
            'Ctrl+N',
            'makes a note',
          ])
          assert.equal(await notes.locator('pre').count(), 1)
          const guide = 'https://notes.example.com/guide?from=release&v=1.4.0'
          assert.equal(await notes.getByRole('link', { name: 'the guide' }).getAttribute('href'), guide)
          assert.ok((await page.textContent('main'))!.includes('0123456789abcdef0123456789abcdef01234567'))
          const sbom = page.locator('#attachments').getByRole('link', { name: 'notes.spdx.json' })
          assert.equal((await page.request.get(new URL((await sbom.getAttribute('href'))!, url).href)).status(), 200)
        },
        { javaScript: false },
      )
  }))

/** What a reader of the page hears of what can be pressed. */
function pressable(page: Page): Promise<string[]> {
  return page
    .locator('a, button, summary, input')
    .evaluateAll((elements) =>
      elements
        .flatMap((element) => [element.textContent, element.getAttribute('aria-label'), element.getAttribute('title')])
        .filter((name) => name !== null),
    )
}

test(`an iPhone is offered no install by distd on ${testRuntime} over plain http, nor of an IPA that is a file`, () =>
  inScene(async ({ pages }, { url }) => {
    for (const javaScript of MODES)
      await withDevice(
        browser,
        DEVICES.iphone,
        async ({ page }) => {
          await page.goto(url + pages.plainIpa)
          assert.equal((await page.content()).includes('itms-services'), false)
          const names = await pressable(page)
          assert.ok(names.length > 3, names.join())
          assert.deepEqual(
            names.filter((name) => /install/i.test(name)),
            [],
          )
          assert.equal(await offerOf(page, 'Field.ipa').getByRole('link', { name: 'Sign in' }).count(), 1)

          await page.goto(url + pages.stable)
          assert.equal((await page.content()).includes('itms-services'), false)
          for (const file of ['Notes-enterprise.ipa', 'Notes-adhoc.ipa'])
            assert.match((await offerOf(page, file).textContent()) ?? '', /https/, 'says what is missing')

          await page.goto(url + pages.linuxOnly)
          await page.getByRole('heading', { name: 'There is no build for' }).waitFor()
          assert.equal(await page.locator('.offer a.button[href$=".deb"]').count(), 1)
          assert.equal((await bestOf(page)).name, null)
        },
        { javaScript },
      )
  }))

test(`an iPhone installs from distd on ${testRuntime} behind TLS what its profile allows, without cookies`, async () => {
  let scene: InstallScene | undefined
  const before = async (server: TestServer) => {
    scene = await installScene(await firstAdmin(server))
  }
  await withTlsSite((site) => installsOverTheAir(site, scene!), { before, knowsUrl: true })
})

async function installsOverTheAir(site: TlsSite, { pages, files, shares, secret }: InstallScene): Promise<void> {
  for (const javaScript of MODES)
    await withDevice(
      browser,
      DEVICES.iphone,
      async ({ page, complaints }) => {
        await page.goto(site.url + pages.plainIpa)
        assert.deepEqual(
          (await pressable(page)).filter((name) => /install/i.test(name)),
          [],
        )
        await page.goto(site.url + pages.stable)
        assert.equal(await offerOf(page, 'Notes-development.ipa').locator('a[href^="itms"]').count(), 0)
        for (const fileName of ['Notes-enterprise.ipa', 'Notes-adhoc.ipa']) {
          const bytes = files.find((file) => file.fileName === fileName)!.bytes
          assert.deepEqual(await overTheAir(page, fileName, site), Buffer.from(bytes))
        }
        // Whoever has a link to a private app installs as well; the system that does it has no cookies.
        await page.goto(site.url + shares.channel)
        assert.equal(page.url(), site.url + secret.channel)
        assert.ok((await overTheAir(page, 'Notes.ipa', site)).length > 1000)
        assert.equal(complaints.join('\n'), '')
      },
      { javaScript },
    )
}

/** Follows an install link as the system does: to the manifest, and to what that names. @returns the application */
async function overTheAir(page: Page, fileName: string, site: TlsSite): Promise<Buffer> {
  const link = offerOf(page, fileName).locator('a.button').first()
  assert.match((await link.textContent()) ?? '', /^Install on an enrolled device/)
  const install = new URL((await link.getAttribute('href'))!)
  assert.deepEqual([install.protocol, install.searchParams.get('action')], ['itms-services:', 'download-manifest'])
  const manifest = await fetchOverTls(install.searchParams.get('url')!)
  assert.match(manifest.type, /^text\/xml/)
  const urls = [...manifest.body.toString().matchAll(/<string>(https:[^<]+)</g)].map(([, text = '']) =>
    text.replaceAll('&amp;', '&'),
  )
  assert.ok(urls.length >= 1)
  for (const url of urls) assert.ok(url.startsWith(`${site.url}/`), url)
  const answers = await Promise.all(urls.map((url) => fetchOverTls(url)))
  return answers[0]!.body
}

/** Asks a server of this machine by its name, without cookies, and takes its certificate as it is. */
function fetchOverTls(text: string): Promise<{ type: string; body: Buffer }> {
  const { host, hostname, port, pathname, search } = new URL(text)
  const where = { host: '127.0.0.1', port, path: pathname + search, headers: { host }, servername: hostname }
  return new Promise((resolve, reject) => {
    const request = get({ ...where, rejectUnauthorized: false }, async (answer) => {
      const body = Buffer.concat(await answer.toArray())
      if (answer.statusCode === 200) resolve({ type: answer.headers['content-type'] ?? '', body })
      else reject(new Error(`${text} answered ${answer.statusCode}: ${body}`))
    })
    request.on('error', reject)
  })
}

/** What a page says, without what is of the single request. */
async function words(page: Page): Promise<string> {
  return (await page.locator('body').innerText()).replace(/req_\w+/g, '')
}

test(`a private app of distd on ${testRuntime} is not there for strangers, and whole for who is signed in or has a link`, () =>
  inScene(async ({ secret, shares }, { url }) => {
    await withDevice(browser, DEVICES.android, async ({ page, complaints }) => {
      for (const path of Object.values(secret)) {
        assert.equal((await page.goto(url + path))?.status(), 404, path)
        const [is, absent] = [await words(page), path.replace('secret', 'absent')]
        assert.equal((await page.goto(url + absent))?.status(), 404)
        assert.equal(is, (await words(page)).replaceAll('absent', 'secret'), path)
      }
      for (const [share, path] of [
        [shares.channel, secret.channel],
        [shares.release, secret.release],
      ] as const) {
        await page.context().clearCookies()
        await page.goto(url + share)
        assert.equal(page.url(), url + path)
        await holdsFiles(page, url)
        // Whoever has a link to one page is led to no other.
        for (const link of await page.locator('main a[href^="/"]').all()) {
          const href = new URL((await link.getAttribute('href'))!, page.url())
          assert.ok((await page.request.fetch(href.href, { method: 'HEAD' })).status() < 400, href.pathname)
        }
      }
      await page.context().clearCookies()
      await page.goto(`${url}/login?next=${secret.channel}`)
      await page.fill('#name', ADA.name)
      await page.fill('#password', ADA.password)
      await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(url + secret.channel)
      await holdsFiles(page, url)
      await page.goto(url + secret.app)
      await holdsFiles(page, url)
      assert.equal(complaints.join('\n'), '')
    })
  }))

async function holdsFiles(page: Page, url: string): Promise<void> {
  for (const fileName of ['notes.apk', 'Notes.ipa', 'notes_1.4.0-1_amd64.deb']) {
    const link = offerOf(page, fileName).locator(`a[href$="/${fileName}"]`)
    const { status } = await fetchOf(page, new URL((await link.getAttribute('href'))!, url).href)
    assert.equal(status, 200, fileName)
  }
}

async function fetchOf(page: Page, url: string): Promise<{ status: number }> {
  return { status: (await page.request.fetch(url, { method: 'HEAD' })).status() }
}

test(`pages of distd on ${testRuntime} that have something else to say say it: yanked, gone, a branch, an announcement`, () =>
  inScene(async ({ pages }, { url }) => {
    await withDevice(
      browser,
      DEVICES.android,
      async ({ page }) => {
        const shows = async (path: string, ...texts: string[]) => {
          await page.goto(url + path)
          for (const text of texts) assert.ok(await page.getByText(text).first().isVisible(), `${text} on ${path}`)
        }
        await shows(pages.yanked, 'This release was yanked', YANK_REASON)
        const link = await offerOf(page, 'notes.apk').locator('a.button').getAttribute('href')
        assert.equal((await page.request.get(url + link)).status(), 200, 'still served')
        await shows(pages.purged, PURGE_REASON)
        await shows(pages.previewExpired, 'expired')
        await shows(pages.notFound, 'Sign in', 'All apps')
        await shows(pages.empty, 'Acme Empty')
        await shows(pages.preview, '1.5.0', 'preview')
        await shows(pages.prerelease, 'prerelease')
        await shows(pages.beta, '2.0.0-beta.1')
        assert.ok((await page.textContent('main'))?.includes('CN=Somebody Else'))
        assert.match(
          (await offerOf(page, 'notes.apk').textContent()) ?? '',
          /signed by (?:another|a different)|not.*as an update/i,
        )
        await shows(pages.announcement, 'Notes and Sync together', 'Acme Notes 1.1.0', 'Acme Sync 2.0.0')
        assert.deepEqual((await page.locator('td').allTextContents()).slice(0, 2), ['Ctrl+K', 'searches'])
        for (const path of [pages.branch, pages.branchExpiring]) {
          await shows(path, 'branch', 'This is a build, not a release')
          assert.match((await page.textContent('main')) ?? '', /Updated\s*\d{4}-\d\d-\d\d \d\d:\d\d UTC/)
        }
        await shows(pages.branchExpiring, 'Expires')
        await page.goto(url + pages.app)
        const chip = page.locator('li', { hasText: 'feature/search' }).locator('.chip', { hasText: 'branch' })
        assert.equal(await chip.count(), 1)
        assert.match((await page.locator('li', { hasText: 'feature/search' }).textContent()) ?? '', /\d{4}-\d\d-\d\d/)
      },
      { javaScript: false },
    )
  }))

test(`files and names of distd on ${testRuntime} that are made to run something run nothing`, () =>
  inScene(async ({ pages }, { url }) => {
    await withDevice(browser, DEVICES.linux, async ({ page, complaints }) => {
      const ran = () => page.evaluate(() => (globalThis as { ran?: number }).ran)
      for (const path of [pages.hostile, '/hostile', '/', '/hostile/releases/1.0.0']) {
        await page.goto(url + path)
        await awake(page)
        assert.equal(await ran(), undefined, path)
        assert.equal(await page.locator('main img[src="x"], main [onclick], main [onerror]').count(), 0, path)
        assert.equal(await page.locator('main a[href^="javascript:"], main a[href^="data:"]').count(), 0, path)
      }
      await page.goto(url + pages.hostile)
      for (const fileName of ['page.html', 'picture.svg']) {
        const link = offerOf(page, fileName).locator('a.button')
        const [file] = await Promise.all([page.waitForEvent('download'), link.click()])
        assert.equal(file.suggestedFilename(), fileName, 'is downloaded, not opened')
        // Even a page that asks for it as a picture or in a frame gets nothing that runs.
        const answer = await page.request.get(new URL((await link.getAttribute('href'))!, url).href)
        const { 'content-disposition': disposition, 'content-security-policy': policy } = answer.headers()
        assert.match(disposition ?? '', /^attachment/)
        assert.match(policy ?? '', /sandbox/)
        assert.equal(answer.headers()['x-content-type-options'], 'nosniff')
      }
      assert.equal(await ran(), undefined)
      assert.equal(complaints.join('\n'), '')
    })
  }))
