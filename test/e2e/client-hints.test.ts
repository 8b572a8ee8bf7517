import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser, withVisitor } from '../helpers/browser.ts'
import { DEVICES, type TestDevice, withDevice } from '../helpers/devices.ts'
import { type PublishClient, publishClient } from '../helpers/publish-client.ts'
import { createToken, testRuntime, until, withServer } from '../helpers/server.ts'

const browser = await openBrowser()

const FILES = ['macos x64', 'macos arm64', 'windows x64', 'windows arm64', 'linux x64', 'linux arm64', 'android arm64']

async function publish(client: PublishClient): Promise<void> {
  await client.createApp('notes')
  const { json: draft } = await client.call('POST', '/apps/notes/releases', [201], { body: { version: '1.0.0' } })
  const path = `/apps/notes/releases/${draft.id}`
  for (const file of FILES) {
    const [platform, arch] = file.split(' ')
    const uploadId = await client.upload(`notes-${platform}-${arch}.bin`, new TextEncoder().encode(file))
    await client.call('POST', `${path}/artifacts`, [201], { body: { uploadId, platform, arch } })
  }
  const link = { platform: 'ios', kind: 'testflight', url: 'https://testflight.apple.com/join/AbCd1234' }
  await client.call('POST', `${path}/links`, [201], { body: link })
  await client.call('POST', `${path}/actions/publish`, [200])
  await client.call('POST', `${path}/actions/announce`, [200])
}

/** Requests as they arrive; the fields that begin with `lost` do not get through to the server. */
async function fieldProxy(port: number, lost: string | undefined) {
  const asked: IncomingMessage[] = []
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming)
    const { method, url, headers } = incoming
    const kept = Object.entries(headers).filter(([name]) => lost === undefined || !name.startsWith(lost))
    const onward = send({ host: '127.0.0.1', port, method, path: url, headers: Object.fromEntries(kept) }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close }
}

/** Runs on the page of a release with files for several processors. */
const withNotes = (work: (url: string, asked: readonly IncomingMessage[]) => Promise<void>, lost?: string) =>
  withServer(async (server) => {
    await publish(publishClient(server.url, await createToken(server.data, '--allow', 'admin')))
    const proxy = await fieldProxy(Number(new URL(server.url).port), lost)
    try {
      await work(`${proxy.url}/notes/latest`, proxy.asked)
    } finally {
      proxy.close()
    }
  })

/** What the page takes the device for. */
const labelOf = (page: Page) => page.locator('nav.platforms b').first().textContent()

/** The file or link that comes first. */
const firstOf = (page: Page) => page.locator('article').first().textContent()

const CHIP = { x64: '64-bit Intel and AMD', arm64: '64-bit ARM' }[process.arch as 'x64' | 'arm64']

test(`Chromium sends distd on ${testRuntime} the hints that it asks for, with the first page already`, () =>
  withNotes((url, asked) =>
    withVisitor(browser, async ({ page, complaints }) => {
      const archs = () =>
        asked.filter(({ url: path }) => path === '/notes/latest').map((ask) => ask.headers['sec-ch-ua-arch'])
      await page.goto(url)
      assert.equal(await labelOf(page), `Linux on ${CHIP}`)
      assert.match((await firstOf(page))!, new RegExp(`notes-linux-${process.arch}`))
      const told = process.arch === 'arm64' ? '"arm"' : '"x86"'
      assert.deepEqual(archs(), [undefined, told], 'asked for anew by the browser itself, before it shows the page')
      await page.reload()
      assert.deepEqual(archs(), [undefined, told, told], 'and sent with every page from then on')
      assert.equal(page.url(), url)
      assert.deepEqual(complaints, [])
    }),
  ))

test(`an iPad that says it is a Mac gets the page of iOS from distd on ${testRuntime}, at once or by a link`, () =>
  withNotes(async (url) => {
    await withDevice(browser, DEVICES.ipad, async ({ page, complaints }) => {
      await page.goto(`${url}?notes=all`)
      await page.waitForURL(/platform=ios/)
      assert.equal(new URL(page.url()).search, '?notes=all&platform=ios')
      assert.equal(await labelOf(page), 'an iPhone or iPad')
      assert.match((await firstOf(page))!, /TestFlight/)
      // Whoever then asks for a Mac means it.
      await page.getByRole('link', { name: 'macOS', exact: true }).click()
      await page.waitForURL(/platform=macos/)
      await page.waitForLoadState('load')
      assert.equal(await labelOf(page), 'macOS')
      assert.equal(new URL(page.url()).searchParams.get('platform'), 'macos')
      // The page that was only passed through is nothing to go back to.
      await page.goBack()
      assert.match(page.url(), /platform=ios/)
      assert.deepEqual(complaints, [])
    })
    await withDevice(
      browser,
      DEVICES.ipad,
      async ({ page }) => {
        await page.goto(url)
        assert.equal(await labelOf(page), 'macOS')
        await page.getByRole('link', { name: 'Using an iPad?' }).click()
        assert.match((await firstOf(page))!, /TestFlight/)
      },
      { javaScript: false },
    )
  }))

test('a Mac stays a Mac, and a phone that asks for the page of a computer is known by having a touch screen alone', () =>
  withNotes(async (url) => {
    const cases: readonly (readonly [device: TestDevice, search: string])[] = [
      [DEVICES.mac, ''],
      [DEVICES.linux, ''],
      [DEVICES.windows, ''],
      [{ ...DEVICES.windows, isTouch: true }, ''],
      [{ ...DEVICES.linux, isTouch: true, name: 'Android that asks for the page of a computer' }, '?platform=android'],
    ]
    for (const [device, search] of cases) {
      await withDevice(browser, device, async ({ page, complaints }) => {
        if (device.isTouch && device.platform === DEVICES.linux.platform) await onlyTouch(page)
        await page.goto(url)
        if (search !== '') await page.waitForURL(/\?/)
        // Islands wake before this.
        await page.waitForLoadState('networkidle')
        assert.equal(new URL(page.url()).search, search, device.name)
        assert.deepEqual(complaints, [])
      })
    }
  }))

/** Chromium says that a mouse is there, whatever is emulated. */
async function onlyTouch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const real = globalThis.matchMedia.bind(globalThis)
    globalThis.matchMedia = (query) => (query === '(any-pointer: fine)' ? real('not all') : real(query))
  })
}

test('where hints get lost on their way, the page asks the browser for the processor', () =>
  withNotes(async (url) => {
    const hints = {
      platform: 'macOS',
      platformVersion: '26.0.0',
      architecture: 'arm',
      bitness: '64',
      mobile: false,
      model: '',
    }
    const mac = {
      ...DEVICES.mac,
      hints,
      userAgent:
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    }
    await withDevice(browser, mac, async ({ page, complaints }) => {
      await page.goto(url)
      await until('the page is that of the processor', async () => page.url().includes('arch=arm64'))
      assert.equal(await labelOf(page), 'macOS on Apple silicon')
      assert.match((await firstOf(page))!, /notes-macos-arm64/)
      assert.deepEqual(complaints, [])
    })
  }, 'sec-ch-'))
