import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { violations } from '../helpers/page-checks.ts'
import { testRuntime, until, withServer } from '../helpers/server.ts'

const browser = await openBrowser()

/** Opens a page; what the browser complains of, such as its content policy, ends up in `complaints`. */
async function open(url: string, colorScheme: 'light' | 'dark' = 'light', width = 1440) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 }, hasTouch: width < 500 })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  return { page, complaints, close: () => context.close() }
}

/** What a finger may touch and is smaller than 44 pixels. Links in a text are as high as the text. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('button, input, header a')].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect()
      return height > 0 && (width < 44 || height < 44) ? [`${element.outerHTML} is ${width} by ${height}`] : []
    }),
  )
}

test(`pages of distd on ${testRuntime} wake up under their content policy: passwords are looked at and hinted at, texts copied`, () =>
  withServer(async (server) => {
    const file = join(server.data, 'config/setup-link')
    const { page, complaints, close } = await open(readFileSync(file, 'utf8').trim())
    const password = page.locator('#password')
    const hint = page.locator('#password-hint')
    await page.fill('#name', 'ada-lovelace')
    await password.fill('five5')
    await until('the hint counts', async () => (await hint.textContent()) === '7 more characters')
    await password.fill('ADA-lovelace-1815')
    await until('the hint warns', async () => (await hint.textContent()) === 'Easy to guess: it holds your own name')
    await page.getByRole('button', { name: 'Show password' }).click()
    assert.equal(await password.getAttribute('type'), 'text')
    assert.equal(await password.inputValue(), 'ADA-lovelace-1815', 'waking up loses nothing that was typed')
    await page.getByRole('button', { name: 'Hide password' }).click()
    assert.equal(await password.getAttribute('type'), 'password')

    await page.goto(`${server.url}/setup`)
    await page.getByRole('button', { name: 'Copy command' }).click()
    await page.getByRole('status').getByText('Copied').waitFor()
    assert.deepEqual(complaints, [])
    await close()
  }))

test(`pages of distd on ${testRuntime} that sign people in and set them up are for everybody, on phones and desktops, by day and night`, () =>
  withServer(async (server) => {
    const link = readFileSync(join(server.data, 'config/setup-link'), 'utf8').trim()
    const screens = [
      { width: 360, colorScheme: 'dark' },
      { width: 1440, colorScheme: 'light' },
    ] as const
    for (const url of [link, `${server.url}/setup`, `${server.url}/login`, `${server.url}/nothing-here`])
      for (const { width, colorScheme } of screens) {
        const at = `${url}, ${width} px, ${colorScheme}`
        const { page, complaints, close } = await open(url, colorScheme, width)
        if (await page.locator('[data-island]').count()) await page.locator('[data-island] button').first().waitFor()
        assert.deepEqual(await violations(page), [], at)
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, at)
        if (width === 360) assert.deepEqual(await smallTargets(page), [], at)
        // The browser itself tells of the page of an error as one.
        if (!url.endsWith('nothing-here')) assert.deepEqual(complaints, [], at)
        await close()
      }
  }))

test(`pages of distd on ${testRuntime} go by keyboard: the first stop skips the header, an error has the focus`, () =>
  withServer(async (server) => {
    const { page, close } = await open(server.url)
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the page')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main')

    await page.goto(`${server.url}/login`)
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'name')
    await page.keyboard.type('nobody')
    await page.keyboard.press('Tab')
    await page.keyboard.type('not the password')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'alert')
    assert.equal(await page.inputValue('#name'), 'nobody')
    assert.equal(await page.inputValue('#password'), '')
    assert.deepEqual(await violations(page), [])
    await close()
  }))
