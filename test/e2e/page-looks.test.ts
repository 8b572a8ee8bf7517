import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { openBrowser, withVisitor } from '../helpers/browser.ts'
import { ADA, firstAdmin, setupPath } from '../helpers/first-admin.ts'
import { violations } from '../helpers/page-checks.ts'
import { type TestServer, testRuntime, withServer } from '../helpers/server.ts'

const browser = await openBrowser()

const SCREENS = [
  [360, 'light'],
  [360, 'dark'],
  [768, 'dark'],
  [1440, 'light'],
] as const

async function signIn(page: Page, { url }: TestServer, path = '/account'): Promise<void> {
  await page.goto(`${url}/login?next=${encodeURIComponent(path)}`)
  await page.fill('#name', ADA.name)
  await page.fill('#password', ADA.password)
  await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(url + path)
}

/** The password was given 11 minutes ago, in every session. */
function forgetConfirmations({ data }: TestServer): void {
  const database = new DatabaseSync(join(data, 'db/distd.sqlite'))
  database.exec('pragma busy_timeout = 5000')
  database.prepare('update sessions set confirmed_at = ?').run(new Date(Date.now() - 11 * 60_000).toISOString())
  database.close()
}

test(`pages of distd on ${testRuntime} for who is signed in and who was given a link are for everybody, on all screens, by day and night`, () =>
  withServer(async (server) => {
    const client = await firstAdmin(server)
    await client.createApp('notes', 'private')
    await client.release('notes', '1.0.0', { 'notes.tar': new TextEncoder().encode('notes') })
    const share = async (more: object) =>
      new URL(
        (await client.call('POST', '/shares', [201], { body: { app: 'notes', label: 'Grace', ...more } })).json.url,
      ).pathname
    const [channel, release] = [await share({ channel: 'latest' }), await share({ release: '1.0.0' })]
    await client.call('POST', '/users', [201], { body: { name: 'grace', apps: { notes: 'viewer' } } })
    const invite = new URL((await client.call('POST', '/users/grace/actions/link', [200, 201])).json.link.url).pathname
    for (const [width, colorScheme] of SCREENS) {
      const options = { viewport: { width, height: 900 }, hasTouch: width < 500, colorScheme }
      const holds = async (page: Page, what: string) => {
        const at = `${what}, ${width} px, ${colorScheme}`
        const buttons = '[data-island^="copy"], [data-island^="password"]'
        if (await page.locator(buttons).count())
          await page.locator('[data-island] button').first().waitFor({ state: 'attached' })
        assert.deepEqual(await violations(page), [], at)
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, at)
      }
      await withVisitor(
        browser,
        async ({ page, complaints }) => {
          for (const path of [channel, release, invite, '/s/none', '/nothing-here', '/']) {
            await page.goto(server.url + path)
            await holds(page, path)
          }
          await signIn(page, server)
          for (const path of ['/account?done=password', '/', '/notes', '/notes/releases/1.0.0', '/nothing-here']) {
            await page.goto(server.url + path)
            await holds(page, `${path} of Ada`)
          }
          await page.goto(`${server.url}/account`)
          await page.fill('#current', 'not the password')
          await page.fill('#new_password', 'nine copper kettles')
          await page.getByRole('button', { name: 'Change password' }).click()
          await page.getByRole('alert').waitFor()
          await holds(page, 'a wrong password')
          forgetConfirmations(server)
          await page.goto(`${server.url}/account/confirm?next=/account`)
          await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
          await holds(page, 'the password once more')
          await page.fill('#password', ADA.password)
          await page.getByRole('button', { name: 'Confirm' }).click()
          await page.waitForURL(`${server.url}/account`)
          assert.equal(complaints.join('\n'), '')
        },
        options,
      )
    }
  }))

/** What has the focus, and whether it can be seen that it has. */
function focused(page: Page): Promise<{ name: string; isSeen: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const { width, height, top } = element.getBoundingClientRect()
    const isThere = width > 1 && height > 1 && top >= 0 && top < innerHeight
    const name = element.id || element.innerText.trim() || element.tagName
    return { name, isSeen: isThere && outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 }
  })
}

/** Goes on by Tab until something has the focus; everything on the way shows that it has it. */
async function tabTo(page: Page, name: string): Promise<void> {
  const way: string[] = []
  while (way.at(-1) !== name) {
    await page.keyboard.press('Tab')
    const at = await focused(page)
    assert.ok(at.isSeen, `${at.name} shows its focus`)
    assert.ok(way.push(at.name) < 30, `${name} is not reached: ${way.join(', ')}`)
  }
}

test(`people sign in to distd on ${testRuntime} and change their password by the keys alone`, () =>
  withServer(async (server) => {
    await firstAdmin(server)
    await withVisitor(browser, async ({ page, complaints }) => {
      await page.goto(`${server.url}/login?next=/account`)
      assert.deepEqual(await focused(page), { name: 'name', isSeen: true })
      await page.keyboard.type(ADA.name)
      await tabTo(page, 'password')
      await page.keyboard.type(ADA.password)
      await page.keyboard.press('Enter')
      await page.waitForURL(`${server.url}/account`)
      for (const [current, result] of [
        ['not the password', page.getByRole('alert').getByText('The password is wrong')],
        [ADA.password, page.getByRole('status').getByText('The password was changed')],
      ] as const) {
        await page.getByRole('button', { name: 'Show password' }).first().waitFor()
        await tabTo(page, 'current')
        await page.keyboard.type(current)
        await tabTo(page, 'new_password')
        await page.keyboard.type('nine copper kettles')
        await tabTo(page, 'Change password')
        await page.keyboard.press('Space')
        await result.waitFor()
      }
      await tabTo(page, 'Sign out')
      await page.keyboard.press('Enter')
      await page.getByRole('link', { name: 'Sign in' }).waitFor()
      assert.equal(complaints.join('\n'), '')
    })
  }))

/** Bytes that a page takes on the line, with all that it loads, by a browser that has nothing of it yet. */
function weightOf(url: string, options: BrowserContextOptions = {}): Promise<number> {
  return withVisitor(
    browser,
    async ({ context, page }) => {
      const line = await context.newCDPSession(page)
      await line.send('Network.enable')
      let bytes = 0
      line.on('Network.loadingFinished', ({ encodedDataLength }) => {
        bytes += encodedDataLength
      })
      const answer = await page.goto(url, { waitUntil: 'networkidle' })
      assert.equal(answer?.url(), url)
      return bytes
    },
    options,
  )
}

test(`pages of distd on ${testRuntime} weigh less than 20 kB with style and scripts`, () =>
  withServer(async (server) => {
    const setup = await weightOf(server.url + setupPath(server))
    await firstAdmin(server)
    const storageState = await withVisitor(browser, async ({ context, page }) => {
      await signIn(page, server)
      return context.storageState()
    })
    const [login, account] = [
      await weightOf(`${server.url}/login`),
      await weightOf(`${server.url}/account`, { storageState }),
    ]
    for (const [name, bytes] of Object.entries({ setup, login, account }))
      assert.ok(bytes > 3000 && bytes < 20_000, `/${name} takes ${bytes} bytes`)
  }))
