import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser, withVisitor } from '../helpers/browser.ts'
import { ADA, cookiesOf, firstAdmin, sendForm } from '../helpers/first-admin.ts'
import { type PublishClient, publishClient } from '../helpers/publish-client.ts'
import { testRuntime, until } from '../helpers/server.ts'
import { type TlsSite, withTlsSite } from '../helpers/tls-site.ts'

const browser = await openBrowser()

/** Has an account of her own, and pages on other hosts. */
const MALLORY = { name: 'mallory', password: 'twelve crooked ladders' } as const

/** Makes Mallory somebody who may see nothing. @returns the value of the session cookie that she got */
async function makeMallory(admin: PublishClient, { server }: TlsSite): Promise<string> {
  const { json } = await admin.call('POST', '/users', [201], { body: { name: MALLORY.name } })
  const made = await sendForm(server.url + new URL(json.link.url).pathname, { password: MALLORY.password })
  assert.equal(made.status, 303)
  const value = /__Host-dist=([^;]+)/.exec(cookiesOf(made))?.[1]
  assert.ok(value)
  return value
}

async function signIn(page: Page, { url }: TlsSite): Promise<void> {
  await page.goto(`${url}/login?next=/account`)
  await page.fill('#name', ADA.name)
  await page.fill('#password', ADA.password)
  await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: ADA.name, exact: true }).waitFor()
}

/** What the API tells the page's own visitor about who they are. */
async function whoIs(page: Page, { url }: TlsSite): Promise<string | null> {
  await page.goto(`${url}/login`)
  return page.evaluate(async () => (await (await fetch('/api/v1/whoami')).json()).user?.name ?? null)
}

/** Everything that a form of a page elsewhere can be sent to, by what it would do. */
function formsOf(sessionId: string): [path: string, fields: Record<string, string>, type?: string][] {
  return [
    ['/login', { ...MALLORY, next: '/' }],
    ['/logout', {}],
    ['/account/password', { current: ADA.password, new_password: MALLORY.password }],
    ['/account/sessions/end-others', {}],
    [`/account/sessions/${sessionId}/end`, {}],
    ['/account/confirm', { password: ADA.password, next: '/account' }],
    ['/api/v1/apps', { '{"slug":"stolen","x":"': '"}' }, 'text/plain'],
    ['/api/v1/apps', { slug: 'stolen' }],
    ['/api/v1/apps', { slug: 'stolen' }, 'multipart/form-data'],
    ['/api/v1/sessions/actions/end-others', {}],
  ]
}

function formPage(action: string, fields: Record<string, string>, type = 'application/x-www-form-urlencoded'): string {
  const quoted = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input name="${quoted(name)}" value="${quoted(value)}">`,
  )
  return `<form method="post" action="${action}" enctype="${type}">${inputs.join('')}</form>`
}

for (const host of ['evil.example.test', 'other.test'])
  test(`pages of ${host} do nothing on distd on ${testRuntime} with the browser of who is signed in there`, () =>
    withTlsSite(async (site) => {
      const admin = await firstAdmin(site.server)
      await makeMallory(admin, site)
      await withVisitor(browser, async ({ context, page }) => {
        await signIn(page, site)
        const cookies = await context.cookies(site.url)
        const { json: sessions } = await whileOn(page, '/api/v1/sessions')
        const state = async () => [
          (await admin.call('GET', '/apps', [200])).text,
          (await whileOn(page, '/api/v1/sessions')).json.items.map(({ id }: { id: string }) => id),
          (await admin.call('GET', '/audit?limit=100', [200])).json.items.length,
        ]
        const before = await state()
        const attack = await context.newPage()
        const refused = await tryForms(attack, site, host, sessions.items[0].id)
        await tryFetches(attack, site, host)
        assert.deepEqual(await state(), before)
        assert.deepEqual(await context.cookies(site.url), cookies)

        assert.ok(refused >= 12, 'every form, and from a page and from a frame')
        await page.reload()
        await page.getByRole('heading', { name: ADA.name, exact: true }).waitFor()

        // A link is no form: it leads signed-in people to where it says.
        site.answer('/link', `<a href="${site.url}/account">here</a>`)
        await attack.goto(`${site.origin(host)}/link`)
        await attack.getByRole('link').click()
        await attack.waitForURL(`${site.url}/account`)
      })
    }))

/** What a page of the server itself reads with the session of its visitor. */
// biome-ignore lint/suspicious/noExplicitAny: as the API answers
async function whileOn(page: Page, path: string): Promise<{ json: any }> {
  return { json: await page.evaluate(async (path) => (await fetch(path)).json(), path) }
}

/** Sends every form from a page of `host`, and from a frame of it that has no origin. @returns answers with 403 */
async function tryForms(page: Page, site: TlsSite, host: string, sessionId: string): Promise<number> {
  let refused = 0
  for (const [path, fields, type] of formsOf(sessionId)) {
    const form = formPage(site.url + path, fields, type)
    const inFrame = `<iframe sandbox="allow-forms allow-scripts allow-top-navigation" srcdoc="${form
      .replace('<form', '<form target="_top"')
      .replaceAll('&', '&amp;')
      .replaceAll('"', '&quot;')}&lt;script>document.forms[0].submit()&lt;/script>"></iframe>`
    for (const html of [`${form}<script>document.forms[0].submit()</script>`, inFrame]) {
      const at = `${path} as ${type ?? 'a form'} from ${html === inFrame ? 'a frame of ' : ''}${host}`
      site.answer('/form', html)
      const answered = page.waitForResponse((answer) => answer.request().method() === 'POST')
      await page.goto(`${site.origin(host)}/form`, { waitUntil: 'commit' }).catch(() => undefined)
      const answer = await answered
      assert.equal(answer.url(), site.url + path, at)
      // The cookie of the session does not even come along from another site: what is no form is asked for a token.
      const isForm = !path.startsWith('/api/')
      assert.ok(answer.status() === 403 || (!isForm && answer.status() === 401), `${at}: ${answer.status()}`)
      await page.waitForURL(site.url + path)
      if (isForm) await page.getByText('request.cross_site').waitFor()
      if (answer.status() === 403) refused++
    }
  }
  return refused
}

/** Asks for the same with scripts of a page of `host`. */
async function tryFetches(page: Page, site: TlsSite, host: string): Promise<void> {
  site.answer('/blank', '<p>blank</p>')
  await page.goto(`${site.origin(host)}/blank`)
  const outcomes = await page.evaluate(async (url) => {
    const body = JSON.stringify({ slug: 'stolen' })
    const init = { method: 'POST', credentials: 'include', body } as const
    const asks: [string, RequestInit][] = [
      [`${url}/api/v1/apps`, { ...init, mode: 'no-cors', headers: { 'content-type': 'text/plain' } }],
      [`${url}/api/v1/apps`, { ...init, headers: { 'content-type': 'application/json' } }],
      [`${url}/api/v1/apps`, { ...init, body: new Blob([body], { type: 'text/plain' }) }],
      [`${url}/api/v1/apps/notes`, { method: 'DELETE', credentials: 'include' }],
      [`${url}/api/v1/sessions/actions/end-others`, { ...init, mode: 'no-cors', body: '' }],
      [`${url}/logout`, { ...init, mode: 'no-cors', body: new URLSearchParams() }],
      [`${url}/logout?_method=POST`, { mode: 'no-cors', credentials: 'include' }],
      [`${url}/api/v1/whoami`, { credentials: 'include' }],
      [`${url}/account`, { credentials: 'include' }],
    ]
    return Promise.all(
      asks.map(([to, how]) =>
        fetch(to, how).then(
          ({ type }) => type,
          () => 'unread',
        ),
      ),
    )
  }, site.url)
  assert.ok(
    outcomes.every((outcome) => outcome === 'opaque' || outcome === 'unread'),
    outcomes.join(),
  )
}

/** Names by which a sibling tries to have its cookie taken for one of the server, one char per byte. */
const TOSSED_NAMES = [
  'dist',
  '__Host-dist',
  '__host-dist',
  // Without a name, the browser sends the value alone.
  '',
  ...['\u00a0', '\u0085', '\u00c2\u00a0', '\u00e2\u0080\u0080', '\u00ef\u00bb\u00bf', '\u00e3\u0080\u0080'].flatMap(
    (space) => [`${space}__Host-dist`, `__Host-dist${space}`],
  ),
]

test(`cookies of a sibling host are never a session of distd on ${testRuntime}`, () =>
  withTlsSite(async (site) => {
    const admin = await firstAdmin(site.server)
    await admin.createApp('notes', 'private')
    const secret = await makeMallory(admin, site)
    const evil = site.origin('evil.example.test')
    const tail = 'Domain=example.test; Path=/; Secure'
    const cookies = TOSSED_NAMES.map((name) => `${name}=${name === '' ? '__Host-dist=' : ''}${secret}; ${tail}`)
    const share = `dist-share-${'0'.repeat(26)}`
    site.answer('/toss', '<p>tossed</p>', {
      'set-cookie': [...cookies, `${share}=${secret}; ${tail}`, `__Secure-${share}=${secret}; ${tail}`],
    })
    await withVisitor(browser, async ({ context, page }) => {
      await page.goto(`${evil}/toss`)
      await page.evaluate(
        ([names, secret]) => {
          // biome-ignore lint/suspicious/noDocumentCookie: as other hosts set it
          for (const name of names) document.cookie = `${name}=${secret}; Domain=example.test; Path=/account; Secure`
        },
        [['dist', '__Host-dist', '\u00a0__Host-dist', '\u2000__Host-dist', '__Host-dist\u3000'], secret] as const,
      )
      const kept = await context.cookies(site.url)
      assert.ok(kept.length >= 3, 'the browser keeps some of them')
      assert.ok(!kept.some(({ name, value }) => name === '__Host-dist' || value.startsWith('__Host-dist=')))
      await page.goto(`${site.url}/account`)
      assert.match(page.url(), /\/login\?next=%2Faccount$/, 'Mallory is not who is signed in')
      assert.equal(await whoIs(page, site), null)
      assert.equal((await page.goto(`${site.url}/notes`))?.status(), 404)

      await signIn(page, site)
      assert.equal((await page.goto(`${site.url}/notes`))?.status(), 200)
      await page.goto(`${evil}/toss`)
      await page.goto(`${site.url}/account`)
      await page.getByRole('heading', { name: ADA.name, exact: true }).waitFor()
    })
  }))

test(`a session that was there before is not the one that signing in to distd on ${testRuntime} gives`, () =>
  withTlsSite(async (site) => {
    const admin = await firstAdmin(site.server)
    const living = await makeMallory(admin, site)
    const sessionsWith = async (secret: string) => {
      const headers = { Cookie: `__Host-dist=${secret}` }
      return (await publishClient(site.server.url).ask('GET', '/api/v1/sessions', { headers })).status
    }
    assert.equal(await sessionsWith(living), 200)
    for (const planted of [living, 'A'.repeat(43)])
      await withVisitor(browser, async ({ context, page }) => {
        const [name, secure, httpOnly, sameSite] = ['__Host-dist', true, true, 'Strict'] as const
        await context.addCookies([{ name, value: planted, url: site.url, secure, httpOnly, sameSite }])
        await page.goto(`${site.url}/setup/none`)
        // Whoever is signed in is not asked: the form is sent as if the page had been open before.
        const answer = await page.evaluate(
          async (fields) => (await fetch('/login', { method: 'POST', body: new URLSearchParams(fields) })).status,
          ADA,
        )
        assert.equal(answer, 200)
        const [{ value = '' } = {}] = (await context.cookies()).filter((cookie) => cookie.name === name)
        assert.ok(value !== '' && value !== planted)
        assert.equal(await whoIs(page, site), ADA.name)
        assert.equal(await sessionsWith(planted), 401)
      })
  }))

test(`no page of distd on ${testRuntime} is framed, and names that are scripts do not run`, () =>
  withTlsSite(async (site) => {
    const admin = await firstAdmin(site.server)
    const script = '"><img src=x onerror="globalThis.ran=1"></script><script>globalThis.ran=1</script>'
    await admin.call('POST', '/apps', [201], { body: { slug: 'notes', name: script, visibility: 'public' } })
    await withVisitor(
      browser,
      async ({ page, complaints }) => {
        await page.goto(`${site.url}/login`)
        await page.fill('#name', script)
        await page.fill('#password', script)
        await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
        await page.getByRole('alert').waitFor()
        const ran = () => page.evaluate(() => (globalThis as { ran?: number }).ran)
        assert.equal(await ran(), undefined)
        await signIn(page, site)
        assert.ok((await page.getByRole('rowheader').allTextContents()).some((text) => text.includes('onerror')))
        await page.getByRole('button', { name: 'Show password' }).first().waitFor()
        assert.equal(await ran(), undefined)
        for (const path of ['/', '/notes']) {
          await page.goto(site.url + path)
          await page.getByText('globalThis.ran=1').first().waitFor()
          assert.equal(await ran(), undefined, path)
        }
        assert.equal(complaints.join('\n'), '')

        for (const path of ['/login', '/account', '/', '/nothing-here']) {
          site.answer('/frame', `<iframe src="${site.url}${path}"></iframe>`)
          const from = complaints.length
          await page.goto(`${site.origin('evil.example.test')}/frame`)
          await until('the browser tells', () => complaints.length > from, 10_000)
          assert.ok(
            complaints.slice(from).some((text) => text.includes('frame-ancestors')),
            complaints.join('\n'),
          )
          assert.equal(await page.frameLocator('iframe').getByText('distd').count(), 0, path)
        }
      },
      { userAgent: script },
    )
  }))
