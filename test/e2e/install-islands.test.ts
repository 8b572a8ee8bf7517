import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBrowser } from '../helpers/browser.ts'
import { DEVICES, withDevice } from '../helpers/devices.ts'
import { firstAdmin } from '../helpers/first-admin.ts'
import { type InstallScene, installScene, shownDigest } from '../helpers/install-scene.ts'
import { awake } from '../helpers/page-checks.ts'
import { type TestServer, testRuntime, until, withServer } from '../helpers/server.ts'

const browser = await openBrowser()

function inScene(work: (scene: InstallScene, server: TestServer) => Promise<void>): Promise<void> {
  return withServer(async (server) => work(await installScene(await firstAdmin(server)), server))
}

test(`whoever copies a command or a checksum on a page of distd on ${testRuntime} has it as it stands there`, () =>
  inScene(async ({ pages, files }, { url }) => {
    await withDevice(browser, DEVICES.windows, async ({ context, page, complaints }) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
      await page.goto(url + pages.stable)
      await awake(page)
      const copied = () => page.evaluate(() => navigator.clipboard.readText())
      await page.locator('#commands').getByRole('button', { name: 'Copy command' }).first().click()
      await page.getByRole('status').getByText('Copied').waitFor()
      assert.equal(await copied(), `curl -fsSL ${url}${pages.stable}/install.sh | sh`)

      const best = page.locator('.offer.best')
      await best.locator('summary', { hasText: /checksum$/i }).click()
      await best.getByRole('button', { name: 'Copy checksum' }).click()
      const digest = shownDigest(files.find(({ fileName }) => fileName === 'notes-setup.exe')!)
      await until('the checksum is copied', async () => (await copied()) === digest)

      // A browser that gives no clipboard still has an old way.
      await context.clearPermissions()
      await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
      await page.locator('#commands').getByRole('button', { name: 'Copy command' }).last().click()
      await page.locator('#commands').getByText('Copied').last().waitFor()
      assert.equal(complaints.join('\n'), '')
    })
    await withDevice(
      browser,
      DEVICES.windows,
      async ({ page }) => {
        await page.goto(url + pages.stable)
        assert.equal(await page.getByRole('button', { name: /Copy/ }).count(), 0, 'no button that does nothing')
      },
      { javaScript: false },
    )
  }))

test(`the QR code of a page of distd on ${testRuntime} fills the window and goes away by the keys, and is a picture without JavaScript`, () =>
  inScene(async ({ pages }, { port }) => {
    // The address of this machine itself is nothing for another device, and has no code.
    const url = `http://dist.example.test:${port}`
    await withDevice(browser, DEVICES.mac, async ({ page, complaints }) => {
      await page.goto(url + pages.stable)
      await awake(page)
      const link = page.getByRole('link', { name: /QR code/ })
      await link.focus()
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog')
      const picture = dialog.getByRole('img')
      await until('the picture is there', () => picture.evaluate((img) => (img as HTMLImageElement).naturalWidth > 0))
      assert.ok((await picture.boundingBox())!.width > 300)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      assert.equal(page.url(), url + pages.stable)
      assert.ok(await link.evaluate((element) => element === document.activeElement), 'the focus is where it was')
      assert.equal(complaints.join('\n'), '')
    })
    await withDevice(
      browser,
      DEVICES.android,
      async ({ page }) => {
        await page.goto(url + pages.stable)
        await page.locator('summary', { hasText: 'Open on another device' }).tap()
        await page.getByRole('link', { name: /QR code/ }).tap()
        await page.waitForURL(`${url}${pages.stable}/qr.svg`)
        await page.goBack()
        assert.equal(page.url(), url + pages.stable)
      },
      { javaScript: false },
    )
  }))

test(`the platform switch of a page of distd on ${testRuntime} leads there and back, with and without JavaScript`, () =>
  inScene(async ({ pages }, { url }) => {
    for (const javaScript of [true, false])
      await withDevice(
        browser,
        DEVICES.android,
        async ({ page }) => {
          const best = () => page.locator('.offer.best').getAttribute('data-file')
          await page.goto(url + pages.app)
          await page.goto(url + pages.stable)
          const choices = page.getByRole('navigation', { name: 'Platform' })
          for (const [name, file] of [
            ['Windows', 'notes-setup.exe'],
            ['macOS', 'Notes-1.4.0.dmg'],
          ] as const) {
            await choices.getByRole('link', { name, exact: true }).tap()
            await page.waitForURL(/platform=/)
            if (javaScript) await awake(page)
            await until(`${name} is chosen`, async () => (await best()) === file)
            assert.equal(await choices.locator('[aria-current]').textContent(), name)
          }
          await page.goBack()
          assert.equal(await best(), 'notes-setup.exe')
          await page.goForward()
          await choices.getByRole('link', { name: 'This device' }).tap()
          await until('the device is back', async () => (await best()) === 'notes.apk')
        },
        { javaScript },
      )
  }))

test(`going back from a page that distd on ${testRuntime} showed to a tablet as to a computer leads to where it came from`, () =>
  inScene(async ({ pages }, { url }) => {
    await withDevice(browser, DEVICES.ipad, async ({ page, complaints }) => {
      await page.goto(url)
      await page.getByRole('link', { name: 'Acme Notes' }).tap()
      await page.waitForURL(`${url}${pages.app}?platform=ios`)
      await awake(page)
      assert.match((await page.locator('.offer.best').textContent()) ?? '', /TestFlight/)
      await page.goBack()
      await page.waitForURL(`${url}/`)
      // Who says that it is a Mac is believed.
      await page.goto(`${url}${pages.stable}?platform=macos`)
      await awake(page)
      assert.equal(page.url(), `${url}${pages.stable}?platform=macos`)
      assert.equal(complaints.join('\n'), '')
    })
  }))
