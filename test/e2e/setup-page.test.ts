import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBrowser, withVisitor } from '../helpers/browser.ts'
import { ADA, setupPath } from '../helpers/first-admin.ts'
import { testRuntime, withServer } from '../helpers/server.ts'
import { withTlsSite } from '../helpers/tls-site.ts'

const browser = await openBrowser()

test(`the first admin of distd on ${testRuntime} comes from the setup link behind a proxy with TLS, once`, () =>
  withTlsSite(({ url, server }) =>
    withVisitor(browser, async ({ context, page, complaints }) => {
      const link = url + setupPath(server)
      await page.goto(`${url}/account`)
      assert.equal(page.url(), `${url}/login?next=%2Faccount`)
      await page.goto(link)
      await page.fill('#name', ADA.name)
      await page.fill('#password', 'too short')
      await page.getByRole('button', { name: 'Create admin' }).click()
      assert.equal(page.url(), link, 'the browser itself does not send a short one')
      assert.equal(await page.locator('#password:invalid').count(), 1)
      await page.fill('#password', 'passwordpassword')
      await page.getByRole('button', { name: 'Create admin' }).click()
      await page.getByRole('alert').waitFor()
      assert.equal(await page.inputValue('#name'), ADA.name)
      assert.equal(await page.inputValue('#password'), '')
      assert.equal(page.url(), link)
      assert.deepEqual(await context.cookies(), [])

      await page.fill('#password', ADA.password)
      await page.getByRole('button', { name: 'Create admin' }).click()
      await page.getByRole('link', { name: 'Account of ada' }).click()
      await page.getByRole('heading', { name: 'ada', exact: true }).waitFor()
      const cookies = (await context.cookies()).map(({ name, httpOnly, secure, sameSite, domain, path }) => ({
        ...{ name, httpOnly, secure, sameSite, domain, path },
      }))
      const kept = { httpOnly: true, secure: true, sameSite: 'Strict', domain: 'dist.example.test', path: '/' }
      assert.deepEqual(
        cookies.sort((a, b) => a.name.localeCompare(b.name)),
        [
          { name: '__Host-dist', ...kept },
          { name: '__Host-dist-device', ...kept },
        ],
      )
      assert.equal(await page.evaluate(() => document.cookie), '')
      for (const path of [link, `${url}/setup`]) assert.equal((await page.goto(path))?.status(), 404, path)
      assert.deepEqual(complaints, [])
    }),
  ))

for (const host of ['localhost', '127.0.0.1'])
  test(`the first admin of distd on ${testRuntime} comes from the setup link at http://${host} too, without JavaScript`, () =>
    withServer((server) =>
      withVisitor(
        browser,
        async ({ context, page }) => {
          const url = `http://${host}:${server.port}`
          await page.goto(url + setupPath(server))
          await page.fill('#name', ADA.name)
          await page.fill('#password', 'passwordpassword')
          await page.getByRole('button', { name: 'Create admin' }).click()
          await page.getByRole('alert').waitFor()
          await page.fill('#password', ADA.password)
          await page.getByRole('button', { name: 'Create admin' }).click()
          assert.equal(page.url(), `${url}/`)
          await page.getByRole('link', { name: 'Account of ada' }).click()
          assert.equal(page.url(), `${url}/account`)
          assert.ok((await context.cookies()).some(({ name }) => name === '__Host-dist'))
          await page.getByRole('button', { name: 'Sign out' }).click()
          await page.getByRole('link', { name: 'Sign in' }).click()
          await page.fill('#name', ADA.name)
          await page.fill('#password', ADA.password)
          await page.getByRole('button', { name: 'Sign in' }).click()
          await page.getByRole('link', { name: 'Account of ada' }).waitFor()
        },
        { javaScriptEnabled: false },
      ),
    ))
