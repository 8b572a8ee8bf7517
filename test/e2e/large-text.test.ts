import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBrowser, withVisitor } from '../helpers/browser.ts'
import { ADA, firstAdmin } from '../helpers/first-admin.ts'
import { testRuntime, withServer } from '../helpers/server.ts'

const browser = await openBrowser()

test(`pages of distd on ${testRuntime} fit a phone with text of twice the size`, () =>
  withServer(async (server) => {
    const client = await firstAdmin(server)
    await client.createApp('notes', 'public')
    await client.release('notes', '1.0.0', { 'notes-of-everybody-for-linux.tar': new TextEncoder().encode('notes') })
    await withVisitor(
      browser,
      async ({ page }) => {
        await page.goto(`${server.url}/login`)
        await page.fill('#name', ADA.name)
        await page.fill('#password', ADA.password)
        await page.keyboard.press('Enter')
        await page.waitForURL(`${server.url}/`)
        for (const path of ['/', '/account', '/notes', '/notes/releases/1.0.0', '/nothing-here']) {
          await page.goto(server.url + path)
          await page.evaluate(() => {
            document.documentElement.style.fontSize = '32px'
            document.body.style.fontSize = '30px'
          })
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, path)
          const cut = await page.evaluate(
            () =>
              [...document.querySelectorAll('button')].filter((button) => button.scrollWidth > button.clientWidth)
                .length,
          )
          assert.equal(cut, 0, `words of buttons on ${path}`)
        }
      },
      { viewport: { width: 360, height: 740 }, hasTouch: true },
    )
  }))
