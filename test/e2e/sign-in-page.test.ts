import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser, withVisitor } from '../helpers/browser.ts'
import { ADA, firstAdmin } from '../helpers/first-admin.ts'
import { type TestServer, testRuntime } from '../helpers/server.ts'
import { type TlsSite, withTlsSite } from '../helpers/tls-site.ts'

const browser = await openBrowser()
const NEXT = 'nine copper kettles'

/** Fills in the page to sign in at, wherever it was opened from. */
async function signIn(page: Page, password: string = ADA.password, name: string = ADA.name): Promise<void> {
  await page.fill('#name', name)
  await page.fill('#password', password)
  await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
}

async function openAccount(page: Page, { url }: TlsSite, password?: string): Promise<void> {
  await page.goto(`${url}/account`)
  await signIn(page, password)
  await page.waitForURL(`${url}/account`)
}

/** Whether the page is that of somebody who is not signed in. */
const isSignedOut = (page: Page) => /\/login\?next=%2Faccount$/.test(page.url())

test(`people sign in to distd on ${testRuntime} and out of it, and the back button shows nothing after that`, () =>
  withTlsSite(async (site) => {
    await firstAdmin(site.server)
    await withVisitor(browser, async ({ context, page, complaints }) => {
      await page.goto(`${site.url}/login`)
      for (const [name, password] of [
        [ADA.name, 'not the password'],
        ['nobody', ADA.password],
      ] as const) {
        await signIn(page, password, name)
        await page.getByRole('alert').waitFor()
        assert.equal(await page.inputValue('#name'), name)
        assert.equal(await page.inputValue('#password'), '')
        assert.deepEqual(await context.cookies(), [])
      }
      await openAccount(page, site)
      const other = await context.newPage()
      await other.goto(`${site.url}/login?next=/account`)
      assert.equal(other.url(), `${site.url}/account`, 'whoever is signed in goes on')

      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('link', { name: 'Sign in' }).waitFor()
      assert.deepEqual(
        (await context.cookies()).map(({ name }) => name),
        ['__Host-dist-device'],
      )
      await page.goBack()
      assert.ok(isSignedOut(page), page.url())
      assert.equal(await page.getByText('Where you are signed in').count(), 0)
      await other.getByRole('button', { name: 'Sign out' }).click()
      await other.getByRole('link', { name: 'Sign in' }).waitFor()
      assert.deepEqual(complaints, [])
    })
  }))

test(`people end their other sessions on distd on ${testRuntime}, one by one, all at once, and by another password`, () =>
  withTlsSite(async (site) => {
    await firstAdmin(site.server)
    await withVisitor(browser, ({ page: desk, context, complaints }) =>
      withVisitor(
        browser,
        async ({ page: phone }) => {
          await openAccount(desk, site)
          await desk.getByRole('button', { name: 'End all others' }).click()
          await desk.getByRole('status').getByText('All other sessions were ended').waitFor()

          await openAccount(phone, site)
          await desk.reload()
          await desk.getByRole('row', { name: 'Safari on iPhone' }).getByRole('button').click()
          await desk.getByRole('status').getByText('The session was ended').waitFor()
          assert.equal(await desk.getByRole('row').count(), 2, 'the head and this session')
          await phone.reload()
          assert.ok(isSignedOut(phone), phone.url())

          await openAccount(phone, site)
          await desk.reload()
          const before = (await context.cookies()).find(({ name }) => name === '__Host-dist')?.value
          const change = async (current: string, next: string) => {
            await desk.fill('#current', current)
            await desk.fill('#new_password', next)
            await desk.getByRole('button', { name: 'Change password' }).click()
          }
          await change('not the password', NEXT)
          await desk.getByRole('alert').getByText('The password is wrong').waitFor()
          await change(ADA.password, `${ADA.name}${ADA.name}${ADA.name}${ADA.name}`)
          await desk.getByRole('alert').waitFor()
          assert.equal(await desk.locator('#new_password[aria-invalid=true]').count(), 1)
          await change(ADA.password, NEXT)
          await desk.getByRole('status').getByText('The password was changed').waitFor()
          assert.notEqual((await context.cookies()).find(({ name }) => name === '__Host-dist')?.value, before)
          await phone.getByRole('button', { name: 'End all others' }).click()
          assert.ok(isSignedOut(phone), phone.url())
          await signIn(phone)
          await phone.getByRole('alert').waitFor()
          await signIn(phone, NEXT)
          await phone.waitForURL(`${site.url}/account`)
          await desk.reload()
          await desk.getByRole('row', { name: 'Safari on iPhone' }).waitFor()
          assert.deepEqual(complaints, [])
        },
        {
          userAgent:
            'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
            'Version/17.5 Mobile/15E148 Safari/604.1',
        },
      ),
    )
  }))

/** Every session was last seen 31 minutes ago. @returns the hash of Ada's password */
function letIdle({ data }: TestServer): unknown {
  const database = new DatabaseSync(join(data, 'db/distd.sqlite'))
  try {
    database.exec('pragma busy_timeout = 5000')
    database.prepare('update sessions set last_seen_at = ?').run(new Date(Date.now() - 31 * 60_000).toISOString())
    return database.prepare('select password from users where name = ?').get(ADA.name)?.password
  } finally {
    database.close()
  }
}

test(`a session of distd on ${testRuntime} that ends in the middle of work does nothing more, and work goes on where it was`, () =>
  withTlsSite(async (site) => {
    const admin = await firstAdmin(site.server)
    await admin.createApp('notes', 'private')
    await withVisitor(browser, async ({ context, page, complaints }) => {
      await openAccount(page, site)
      await page.fill('#current', ADA.password)
      await page.fill('#new_password', NEXT)
      const before = letIdle(site.server)
      await page.getByRole('button', { name: 'Change password' }).click()
      assert.ok(isSignedOut(page), page.url())
      assert.equal(letIdle(site.server), before, 'what was sent was not done')
      const old = (await context.cookies()).find(({ name }) => name === '__Host-dist')?.value
      await signIn(page)
      await page.waitForURL(`${site.url}/account`)
      assert.notEqual((await context.cookies()).find(({ name }) => name === '__Host-dist')?.value, old)
      assert.equal(await page.inputValue('#new_password'), '')

      await page.goto(`${site.url}/notes?from=here`)
      await page.getByRole('heading', { name: 'notes' }).waitFor()
      letIdle(site.server)
      assert.equal((await page.reload())?.status(), 404, 'a private app is not there for strangers')
      await page.getByRole('navigation').getByRole('link', { name: 'Sign in' }).click()
      await signIn(page)
      await page.waitForURL(`${site.url}/notes?from=here`)
      await page.getByRole('heading', { name: 'notes' }).waitFor()
      assert.deepEqual(complaints, [])
    })
  }))

/** What a page elsewhere gives people as the place to go on to after they sign in. */
const ELSEWHERE = [
  '//evil.example.test',
  '///evil.example.test',
  '/\\evil.example.test',
  '\\\\evil.example.test',
  '/\t/evil.example.test',
  '/\n/evil.example.test',
  '%2f%2fevil.example.test',
  '/%2fevil.example.test',
  '/%5cevil.example.test',
  '/%252fevil.example.test',
  '/.//evil.example.test',
  '/x/..//evil.example.test',
  'https://evil.example.test',
  'https:evil.example.test',
  'HTTPS:/evil.example.test',
  'evil.example.test',
  'javascript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,hello',
  '@evil.example.test',
  '/\u2028/evil.example.test',
]

test(`signing in to distd on ${testRuntime} leads nowhere else, whatever a link says`, () =>
  withTlsSite(async (site) => {
    await firstAdmin(site.server)
    await withVisitor(browser, async ({ context, page, complaints }) => {
      for (const next of ELSEWHERE) {
        const answer = await page.goto(`${site.url}/login?next=${encodeURIComponent(next)}`)
        assert.equal(answer?.status(), 400, next)
        assert.equal(new URL(page.url()).origin, site.url, next)
        await page.getByText('request.redirect').waitFor()
      }
      for (const next of ['//evil.example.test', 'javascript:alert(1)', '/\\evil.example.test']) {
        await page.goto(`${site.url}/login`)
        await page.evaluate((value) => {
          document.querySelector<HTMLInputElement>('input[name=next]')!.value = value
        }, next)
        await signIn(page)
        await page.getByText('request.redirect').waitFor()
        assert.equal(new URL(page.url()).origin, site.url, next)
        assert.deepEqual(await context.cookies(), [], next)
      }
      await page.goto(`${site.url}/login?next=${encodeURIComponent('/account?x=1#change')}`)
      await signIn(page)
      await page.waitForURL(`${site.url}/account?x=1#change`)
      for (const path of ['login', 'account/confirm']) {
        const answer = await page.goto(`${site.url}/${path}?next=${encodeURIComponent('//evil.example.test')}`)
        assert.equal(answer?.status(), 400, path)
      }
      assert.deepEqual(complaints, [])
    })
    assert.deepEqual(site.visits, [], 'nobody came to another host')
  }))
