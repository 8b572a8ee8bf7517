import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { DEVICES, withDevice } from '../helpers/devices.ts'
import { firstAdmin } from '../helpers/first-admin.ts'
import { installScene } from '../helpers/install-scene.ts'
import { overflow } from '../helpers/page-checks.ts'
import { testRuntime, withServer } from '../helpers/server.ts'

const browser = await openBrowser()

interface Weight {
  /** Bytes on the line of the page with style and script, heads of answers and all. */
  bytes: number
  /** Paths of pictures, which are not counted in them. */
  readonly pictures: string[]
  readonly others: string[]
}

/** Opens a page with a browser that has nothing of it yet. */
async function weigh(page: Page, url: string): Promise<Weight> {
  const line = await page.context().newCDPSession(page)
  await line.send('Network.enable')
  await line.send('Network.clearBrowserCache')
  const kinds = new Map<string, string>()
  const weight: Weight = { bytes: 0, pictures: [], others: [] }
  line.on('Network.requestWillBeSent', ({ requestId, type = '', request }) => {
    kinds.set(requestId, type)
    if (type === 'Image') weight.pictures.push(request.url)
    else weight.others.push(request.url)
  })
  line.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (kinds.get(requestId) !== 'Image') weight.bytes += encodedDataLength
  })
  await page.goto(url, { waitUntil: 'networkidle' })
  await line.detach()
  return weight
}

test(`every install page of distd on ${testRuntime} weighs less than 30 kB without its pictures, in five requests, of one host`, () =>
  withServer(async (server) => {
    const { pages, shares } = await installScene(await firstAdmin(server))
    const faults: string[] = []
    const weights: [number, string][] = []
    for (const device of [DEVICES.android, DEVICES.windows])
      await withDevice(browser, device, async ({ page }) => {
        for (const [name, path] of Object.entries({
          ...pages,
          sharedChannel: shares.channel,
          sharedRelease: shares.release,
        })) {
          const { bytes, pictures, others } = await weigh(page, server.url + path)
          weights.push([bytes, name])
          const at = `${name} on ${device.name}`
          if (bytes < 1000 || bytes >= 30_000) faults.push(`${at} takes ${bytes} bytes`)
          // The page, its style and its script; a share link leads to its page, and a browser may ask again with more hints.
          if (others.length > 5) faults.push(`${at} asks for ${others.join(', ')}`)
          // Of the app and of the code; on the list of apps one for each.
          if (name !== 'home' && pictures.length > 2) faults.push(`${at} has the pictures ${pictures.join(', ')}`)
          for (const url of [...pictures, ...others])
            if (!url.startsWith(`${server.url}/`)) faults.push(`${at} asks ${url}`)
        }
      })
    assert.deepEqual(
      faults,
      [],
      `heaviest: ${weights
        .sort(([a], [b]) => b - a)
        .slice(0, 5)
        .join('; ')}`,
    )
  }))

test(`an install page of distd on ${testRuntime} loses nothing but its pictures where pictures, style or scripts do not arrive`, () =>
  withServer(async (server) => {
    const { pages } = await installScene(await firstAdmin(server))
    for (const lost of ['image', 'stylesheet', 'script'])
      await withDevice(browser, DEVICES.android, async ({ page }) => {
        await page.route('**', (route) => (route.request().resourceType() === lost ? route.abort() : route.continue()))
        for (const path of [pages.stable, pages.app, pages.home]) {
          await page.goto(server.url + path)
          const at = `${path} without ${lost}`
          assert.ok(await page.locator('h1').isVisible(), at)
          if (path !== pages.home)
            assert.ok(await page.getByRole('link', { name: 'Download notes.apk' }).isVisible(), at)
          else assert.ok(await page.getByRole('link', { name: 'Acme Notes' }).isVisible(), at)
          if (lost === 'image') assert.equal(await overflow(page), '', at)
        }
      })
  }))
