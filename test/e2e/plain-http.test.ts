import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { chromium, type Page } from 'playwright-core'
import { CHROMIUM, openBrowser, withVisitor } from '../helpers/browser.ts'
import { ADA, firstAdmin, setupPath } from '../helpers/first-admin.ts'
import { inFolder, type TestServer, testRuntime, withServer } from '../helpers/server.ts'

const browser = await openBrowser()
const INSECURE = { env: { DISTD_INSECURE_HTTP: 'true' } }

/** As another machine of the network has it. */
const farUrl = ({ port }: TestServer) => `http://dist.example.test:${port}`

async function signIn(page: Page): Promise<void> {
  await page.fill('#name', ADA.name)
  await page.fill('#password', ADA.password)
  await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
}

test(`over plain http distd on ${testRuntime} signs nobody in and says why, without going round in circles`, () =>
  withServer((server) =>
    withVisitor(browser, async ({ context, page, complaints }) => {
      const url = farUrl(server)
      let requests = 0
      page.on('request', () => requests++)
      const refused = async (path: string) => {
        requests = 0
        await page.goto(url + path)
        await page.getByRole('alert').getByText('Signing in is off over plain http').waitFor()
        await page.getByText('DISTD_INSECURE_HTTP=true').waitFor()
        assert.equal(await page.locator('input').count(), 0, path)
        await page.waitForTimeout(300)
        assert.ok(requests < 6, `${path}: ${requests} requests`)
      }
      for (const path of [setupPath(server), '/setup', '/login', '/login?kept=1&next=/account', '/account']) {
        await refused(path)
      }
      await firstAdmin(server)
      await page.goto(`${url}/`)
      assert.equal(await page.getByRole('link', { name: 'Sign in' }).count(), 0, 'nobody is led there')
      const answer = await page.evaluate(async (fields) => {
        const answer = await fetch('/login', { method: 'POST', body: new URLSearchParams(fields) })
        return `${answer.status} ${await answer.text()}`
      }, ADA)
      assert.match(answer, /^403 .*access\.insecure/s)
      assert.deepEqual(await context.cookies(), [])
      assert.equal(complaints.join('\n'), '')
    }),
  ))

test(`distd on ${testRuntime} that is told to signs people in over plain http, with a warning on every page`, () =>
  withServer(
    (server) =>
      withVisitor(browser, async ({ context, page, complaints }) => {
        const url = farUrl(server)
        const warning = page.getByText('This connection is not encrypted')
        await page.goto(url + setupPath(server))
        await warning.waitFor()
        await page.fill('#name', ADA.name)
        await page.fill('#password', ADA.password)
        await page.getByRole('button', { name: 'Create admin' }).click()
        await page.getByRole('link', { name: 'Account of ada' }).click()
        await page.getByRole('heading', { name: ADA.name, exact: true }).waitFor()
        await warning.waitFor()
        const cookies = (await context.cookies()).map(({ name, secure, httpOnly, sameSite }) =>
          [name, secure, httpOnly, sameSite].join(),
        )
        assert.deepEqual(cookies.sort(), ['dist,false,true,Strict', 'dist-device,false,true,Strict'])

        // Over plain http browsers do not say which site a request comes from, but its host.
        for (const host of ['evil.example.test', 'other.test']) {
          const form = `<form method="post" action="${url}/logout"></form><script>document.forms[0].submit()</script>`
          await page.route(`http://${host}/`, (route) => route.fulfill({ contentType: 'text/html', body: form }))
          await page.goto(`http://${host}/`)
          await page.getByText('request.cross_site').waitFor()
          assert.equal(page.url(), `${url}/logout`)
        }
        await page.goto(`${url}/account`)
        await page.getByRole('heading', { name: ADA.name, exact: true }).waitFor()

        // A sibling can set the plain cookie: then it is told, and nobody is taken for somebody else.
        await page.route('http://evil.example.test/toss', (route) =>
          route.fulfill({ body: 'x', headers: { 'set-cookie': 'dist=tossed; Domain=example.test; Path=/' } }),
        )
        await page.goto('http://evil.example.test/toss')
        await page.goto(`${url}/account`)
        await signIn(page)
        await page.getByRole('alert').getByText('more than one session').waitFor()
        assert.equal(complaints.join('\n'), '')
      }),
    INSECURE,
  ))

test(`a browser that keeps no cookies is told so by distd on ${testRuntime}`, () =>
  withServer(
    (server) =>
      inFolder(async (profile) => {
        await firstAdmin(server)
        mkdirSync(join(profile, 'Default'))
        const preferences = { profile: { default_content_setting_values: { cookies: 2 } } }
        writeFileSync(join(profile, 'Default/Preferences'), JSON.stringify(preferences))
        const context = await chromium.launchPersistentContext(profile, CHROMIUM)
        try {
          for (const url of [farUrl(server), `http://localhost:${server.port}`]) {
            const page = await context.newPage()
            let requests = 0
            page.on('request', () => requests++)
            await page.goto(`${url}/account`)
            await signIn(page)
            await page.getByRole('alert').getByText('Your browser did not keep the cookie').waitFor()
            await page.waitForTimeout(300)
            assert.ok(requests < 12, `${requests} requests`)
            assert.equal(new URL(page.url()).pathname, '/login')
            await page.goto(`${url}/account`)
            await page.getByLabel('Name').waitFor()
          }
          assert.deepEqual(await context.cookies(), [])
        } finally {
          await context.close()
        }
      }),
    INSECURE,
  ))
