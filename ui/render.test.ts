import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InstallPage, PhoneCheck } from '../src/model/install-page.ts'
import type { Shell } from '../src/model/shell.ts'
import type { AccountPage, SetupPage, View } from '../src/model/view.ts'
import { fullPage, group, iosOffers, linuxOffers, pageFor } from '../test/helpers/install-page-data.ts'
import { ICON, SCRIPT, STYLE } from './assets.gen.ts'
import { renderPage } from './render.ts'

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&amp;`
const NOBODY: Shell = { person: null, signInUrl: null, isInsecure: false }
const FORM = { error: null, hint: null, name: '' }
const WRONG = { error: 'It is wrong', hint: 'Make it right', name: 'ada', fields: ['name', 'password', 'token'] }

const account: AccountPage = {
  name: 'ada',
  role: 'Manager',
  apps: [{ slug: 'notes', name: 'Acme Notes', role: 'Admin' }],
  sessions: [session('ses_1', true), { ...session('ses_2', false), browser: 'Safari on iPhone', address: '10.0.0.7' }],
  password: { error: null, hint: null, minLength: 12 },
  done: null,
}

function session(id: string, isCurrent: boolean) {
  const at = '2026-11-21 02:10 UTC'
  return { id, isCurrent, browser: 'Firefox on Linux', address: '10.0.0.1', signedInAt: at, lastSeenAt: at }
}

function signIn(form: typeof WRONG | typeof FORM = FORM, next = '/'): View {
  return { view: 'sign-in', page: { form, next, refusal: null } }
}

function setup(kind: SetupPage['kind'], form: typeof WRONG | typeof FORM = FORM): View {
  return { view: 'setup', page: { kind, form, action: '/setup/key', minLength: 12 } }
}

function confirm(form: typeof WRONG | typeof FORM): View {
  return { view: 'confirm', page: { form, next: '/account' } }
}

const REFUSAL = { title: 'Not here', text: 'It is plain http', hint: 'Use https', canTryAgain: false }
const MISSING = {
  view: 'error',
  page: {
    title: 'There is no such app',
    detail: 'It went',
    hint: 'Look elsewhere',
    mayNeedSignIn: true,
    ways: [],
    facts: [{ name: 'Status', value: '404' }],
    files: [{ title: 'a.zip', url: '/a.zip', details: ['1 KiB'] }],
  },
} as const
const install = (page: InstallPage): View => ({ view: 'install', page })
const iosOnly = (check?: Partial<PhoneCheck>) => fullPage({ groups: [group('ios', iosOffers(check))] })

const PAGES: Readonly<Record<string, View>> = {
  'install of an unknown device': install(fullPage()),
  'install on Android': install(pageFor('android')),
  'install on a phone that asks': install(
    pageFor('ios', iosOnly({ udid: '0000', answer: { level: 'error', title: 'It is not among them', text: null } })),
  ),
  'install with nothing for the device': install(pageFor('ios', fullPage({ groups: [group('linux', linuxOffers())] }))),
  'install of a yanked release': install(
    pageFor(
      'windows',
      fullPage({ notices: [{ level: 'error', title: 'This release was yanked', text: 'It loses drafts' }] }),
    ),
  ),
  'install of a preview': install(
    pageFor(
      'macos',
      fullPage({
        place: { kind: 'preview', name: null },
        app: { ...fullPage().app, url: null, iconUrl: null },
        qr: null,
      }),
    ),
  ),
  'install of a branch build': install(
    fullPage({ place: { kind: 'branch', name: 'feature/a' }, release: null, notes: null }),
  ),
  'install of nothing yet': install(fullPage({ release: null, groups: [], installers: [], notes: null, sections: [] })),
  'sign-in': signIn(),
  'sign-in with an error': signIn(WRONG),
  'sign-in refused': { view: 'sign-in', page: { form: FORM, next: '/', refusal: REFUSAL } },
  'an error': MISSING,
  'setup none': setup('none'),
  'setup first': setup('first'),
  'setup token with an error': setup('token', WRONG),
  invite: setup('invite', { ...FORM, name: 'ada' }),
  'reset with an error': setup('reset', WRONG),
  confirm: confirm({ ...FORM, name: 'ada' }),
  'confirm with an error': confirm(WRONG),
  account: { view: 'account', page: account },
  'account with an error': {
    view: 'account',
    page: { ...account, done: 'Done', password: { ...WRONG, minLength: 12, fields: ['current', 'new_password'] } },
  },
}

/** Attributes of every start tag of a name. */
function tags(html: string, name: string): Readonly<Record<string, string>>[] {
  return [...html.matchAll(new RegExp(`<${name}((?:\\s[^\\s=>/]+(?:="[^"]*")?)*)\\s*/?>`, 'g'))].map(([, text = '']) =>
    Object.fromEntries(
      [...text.matchAll(/([^\s=/]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [key, value]),
    ),
  )
}

function field(view: View, name: string): Readonly<Record<string, string>> {
  const found = tags(renderPage(view, NOBODY), 'input').filter((input) => input.name === name)
  assert.equal(found.length, 1, `one field "${name}"`)
  return found[0]!
}

for (const [what, view] of Object.entries(PAGES)) {
  test(`page ${what}: one title, each id once, each field with a label, each reference to something that is there`, () => {
    const html = renderPage(view, NOBODY)
    assert.equal(tags(html, 'h1').length, 1)
    assert.equal(tags(html, 'main').length, 1)
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    assert.deepEqual(ids, [...new Set(ids)])
    const labels = tags(html, 'label').map((label) => label.for)
    for (const input of tags(html, 'input')) {
      if (input.type !== 'hidden' && !('hidden' in input))
        assert.ok(labels.includes(input.id), `${input.id} has a label`)
    }
    for (const [, refs = ''] of html.matchAll(/ aria-(?:describedby|labelledby|controls)="([^"]*)"/g)) {
      for (const ref of refs.split(' ')) assert.ok(ids.includes(ref), `#${ref} is there`)
    }
    assert.equal((html.match(/ autofocus/g) ?? []).length <= 1, true, 'one thing takes the focus')
  })

  test(`page ${what}: nothing runs that stands in it, every form posts to this server`, () => {
    const html = renderPage(view, NOBODY)
    assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=|javascript:/i)
    for (const script of tags(html, 'script')) assert.deepEqual(script, { type: 'module', src: SCRIPT.path })
    assert.match(html, /^(?:(?!<script).)*(?:<script [^>]*><\/script>)?<\/body><\/html>$/s)
    for (const form of tags(html, 'form')) {
      // The question about a phone changes nothing, and is asked of this very page.
      if (form.method === 'get') {
        assert.equal(form.action, undefined)
        continue
      }
      assert.equal(form.method, 'post')
      assert.match(form.action!, /^\/[a-z]/)
    }
  })
}

test('a release with two files for each of five platforms is below 17,500 bytes, whatever the device', () => {
  for (const page of [
    fullPage(),
    ...(['android', 'ios', 'macos', 'windows', 'linux'] as const).map((each) => pageFor(each)),
  ]) {
    const { byteLength } = new TextEncoder().encode(renderPage(install(page), NOBODY))
    assert.ok(byteLength > 10_000 && byteLength < 17_500, `${byteLength} bytes for ${page.device.label}`)
  }
})

test('the title of an install page is the app and its version, and who gets its address reads for what it is', () => {
  const html = renderPage(install(fullPage()), NOBODY)
  assert.match(html, /<title>Acme Notes 1\.4\.0<\/title>/)
  const [description] = tags(html, 'meta').filter(({ name }) => name === 'description')
  assert.equal(description?.content, 'Acme Notes 1.4.0 for Android, iPhone and iPad, macOS, Windows, Linux')
  assert.match(renderPage(PAGES['install of a branch build']!, NOBODY), /<title>Acme Notes feature\/a<\/title>/)
})

test('an error of a form is an alert with the focus that its fields refer to, and says so in the title', () => {
  for (const what of [
    'sign-in with an error',
    'setup token with an error',
    'reset with an error',
    'confirm with an error',
  ]) {
    const html = renderPage(PAGES[what]!, NOBODY)
    const [alert] = tags(html, 'div').filter(({ role }) => role === 'alert')
    assert.equal(alert?.tabindex, '-1', what)
    assert.ok('autofocus' in alert!, what)
    assert.match(html, /<title>Error: /)
    const password = field(PAGES[what]!, 'password')
    assert.equal(password['aria-invalid'], 'true')
    assert.ok(password['aria-describedby']?.split(' ').includes(alert.id!), what)
    assert.equal(password.value, undefined, 'a password is never written into a page')
  }
  const busy = field(signIn({ ...WRONG, fields: [] }), 'password')
  assert.equal(busy['aria-invalid'], undefined, 'an error that is about no field marks none')
})

test('an error says where to go on: strangers sign in where that may show more, all go to the apps', () => {
  const links = (shell: Shell, mayNeedSignIn: boolean) => {
    const html = renderPage({ view: 'error', page: { ...MISSING.page, mayNeedSignIn } }, shell)
    return [...html.slice(html.indexOf('class="ways"')).matchAll(/ href="([^"]*)"/g)].map(([, href]) => href)
  }
  assert.deepEqual(links({ ...NOBODY, signInUrl: '/login?next=%2Fa' }, true), ['/login?next=%2Fa', '/'])
  assert.deepEqual(links(NOBODY, true), ['/login', '/'])
  assert.deepEqual(links(NOBODY, false), ['/'])
  assert.deepEqual(links({ ...NOBODY, person: 'ada' }, true), ['/'])
})

test('who lost a cookie tries again from the page that says so, on to where it was', () => {
  const page = (canTryAgain: boolean, next: string) =>
    renderPage({ view: 'sign-in', page: { form: FORM, next, refusal: { ...REFUSAL, canTryAgain } } }, NOBODY)
  assert.match(page(true, '/notes?a=b&c'), /<a href="\/login\?next=%2Fnotes%3Fa%3Db%26c">Try again<\/a>/)
  assert.match(page(true, '/'), /<a href="\/login">Try again<\/a>/)
  assert.doesNotMatch(page(false, '/'), /Try again/)
})

test('fields tell browsers and password managers what they are for', () => {
  const { name, password } = { name: field(signIn(), 'name'), password: field(signIn(), 'password') }
  assert.equal(name.autocomplete, 'username')
  assert.equal(name.autocapitalize, 'none')
  assert.equal(name.spellcheck, 'false')
  assert.equal(password.autocomplete, 'current-password')
  assert.equal(password.minlength, undefined, 'an old password may be short')
  assert.equal(field(setup('first'), 'password').autocomplete, 'new-password')
  assert.equal(field(setup('first'), 'password').minlength, '12')
  assert.equal(field(setup('token'), 'token').autocomplete, 'one-time-code')
  assert.equal(field(PAGES.account!, 'current').autocomplete, 'current-password')
  assert.equal(field(PAGES.account!, 'new_password').autocomplete, 'new-password')
  for (const what of ['invite', 'confirm', 'account']) {
    const [known] = tags(renderPage(PAGES[what]!, NOBODY), 'input').filter((input) => input.autocomplete === 'username')
    assert.equal(known?.value, 'ada', what)
    assert.equal(known?.name, undefined, 'it is shown, not sent')
  }
})

test('names, addresses and paths of others are text on every page', () => {
  const shell = { person: HOSTILE, signInUrl: null, isInsecure: true }
  const form = { error: HOSTILE, hint: HOSTILE, name: HOSTILE, fields: [] }
  const hostile: View[] = [
    signIn(form, HOSTILE),
    {
      view: 'sign-in',
      page: { form, next: '/', refusal: { ...REFUSAL, title: HOSTILE, text: HOSTILE, hint: HOSTILE } },
    },
    { view: 'error', page: { ...MISSING.page, title: HOSTILE, detail: HOSTILE, hint: HOSTILE } },
    { view: 'setup', page: { kind: 'first', form, action: HOSTILE, minLength: 12 } },
    setup('invite', form),
    { view: 'confirm', page: { form, next: HOSTILE } },
    {
      view: 'account',
      page: {
        name: HOSTILE,
        role: HOSTILE,
        apps: [{ slug: HOSTILE, name: HOSTILE, role: HOSTILE }],
        sessions: [{ ...session(HOSTILE, false), browser: HOSTILE, address: HOSTILE }],
        password: { error: HOSTILE, hint: HOSTILE, minLength: 12 },
        done: HOSTILE,
      },
    },
  ]
  for (const view of hostile) {
    const html = renderPage(view, shell)
    assert.doesNotMatch(html, /<img|<script>|alert\(1\)<\/script/, view.view)
    assert.deepEqual(tags(html, 'script'), html.includes('data-island') ? [{ type: 'module', src: SCRIPT.path }] : [])
  }
})

test('only pages with islands load the script; all load style and icon by names of their content', () => {
  const listing: View = {
    view: 'listing',
    listing: {
      title: 'data-island="copy-button"',
      sections: [],
    },
  }
  const plain = renderPage(listing, NOBODY)
  assert.ok(!plain.includes('<script'), 'no island, no script')
  assert.ok(renderPage(signIn(), NOBODY).includes(`src="${SCRIPT.path}"`))
  assert.ok(!renderPage(listing, NOBODY).includes('<script'), 'a page before it changes nothing')
  for (const { path } of [STYLE, ICON]) assert.ok(plain.includes(`href="${path}"`))
})

test('the shell says who is signed in and signs out by a form, or where to sign in, and warns on an open connection', () => {
  const page = PAGES.account!
  const mine = renderPage(page, { ...NOBODY, person: 'ada' })
  assert.match(mine, /<a [^>]*href="\/account"[^>]*>.*ada<\/a>/)
  assert.ok(tags(mine, 'form').some(({ action, method }) => action === '/logout' && method === 'post'))
  assert.ok(!mine.includes('Sign in<'))
  const open = renderPage(page, { person: null, signInUrl: '/login?next=%2Fnotes', isInsecure: true })
  assert.match(open, /<a href="\/login\?next=%2Fnotes">Sign in<\/a>/)
  assert.match(open, /not encrypted/)
  assert.ok(!renderPage(page, NOBODY).includes('/logout'))
})

test('of the sessions the one that looks is named and every other can be ended; alone, there are no others to end', () => {
  const actions = tags(renderPage(PAGES.account!, NOBODY), 'form').map(({ action }) => action)
  assert.deepEqual(actions, ['/account/sessions/ses_2/end', '/account/sessions/end-others', '/account/password'])
  const alone = { view: 'account', page: { ...account, sessions: account.sessions.slice(0, 1) } } as const
  const left = tags(renderPage(alone, NOBODY), 'form').map(({ action }) => action)
  assert.deepEqual(left, ['/account/password'])
})
