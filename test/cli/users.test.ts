import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whoText } from '../../cli/who-text.ts'
import { type Token, WhoAmI } from '../../src/model/token.ts'
import { InvitedUser, User } from '../../src/model/user.ts'
import { type DistRun, dist } from '../helpers/dist.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'

interface World {
  readonly app: ServedApp
  /** Runs with the token of an admin. */
  readonly run: (line: string) => Promise<DistRun>
}

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const app = await serveTestApp()
  // `dist` counts days from the real one, on which the server of a test does not stand.
  app.clock.setNow(Date.now())
  try {
    const { secret: token } = await app.issue({ actions: ['admin'], name: 'root' })
    const run = (line: string) => dist(line.split(' '), { server: app.url, token })
    for (const slug of ['notes', 'other']) await run(`app create ${slug}`)
    await work({ app, run })
  } finally {
    await app.close()
  }
}

test('dist user create prints the invite link alone on stdout, and it works once asked for', async () => {
  await inWorld(async ({ app, run }) => {
    const created = await run('user create nora@acme.example --role manager --app notes=admin,other=viewer')
    assert.equal(created.code, 0, created.stderr)
    const link = new URL(created.stdout.trim())
    assert.equal(created.stdout, `${link}\n`)
    assert.equal(link.origin, app.url)
    assert.match(link.pathname, /^\/setup\/distb_[0-9A-Za-z]{32,}$/)
    assert.ok(!created.stderr.includes('distb_'), 'the link is not among the words')
    assert.match(
      created.stderr,
      /^nora@acme\.example \(usr_\w{26}\) has manager on the server, admin of notes, viewer of other\n/,
    )
    assert.match(created.stderr, /once, until \d{4}-\S+Z\nit is shown this once/)
    const document = await run('user create sam --json')
    const invited = InvitedUser.parse(document.json)
    assert.deepEqual([invited.user.name, invited.user.role, invited.user.apps], ['sam', null, {}])
    assert.equal(invited.link.kind, 'invite')
    assert.equal(document.stderr, '')
    assert.match((await run('user create kim')).stderr, /^kim \(usr_\w+\) has no role: "dist user edit" gives one\n/)
  })
})

test('dist user list and show tell state, roles and who created the account', async () => {
  await inWorld(async ({ run }) => {
    assert.equal((await run('user list')).stderr, 'none\n')
    await run('user create nora --role admin')
    await run('user create sam --app notes=viewer,other=manager')
    await run('user disable nora')
    const { stdout } = await run('user list')
    assert.match(stdout, /^NAME +STATE +ROLE +APPS +SIGNED IN +ID\n/)
    assert.match(stdout, /^nora +disabled +admin +- +never +usr_\w{26}$/m)
    assert.match(stdout, /^sam +invited +- +notes=viewer,other=manager +never +usr_\w{26}$/m)
    const first = await run('user list --limit 1 --json')
    assert.deepEqual(
      first.json.items.map(({ name }: User) => name),
      ['nora'],
    )
    const rest = await run(`user list --cursor ${first.json.nextCursor} --json`)
    assert.deepEqual(
      rest.json.items.map(({ name }: User) => name),
      ['sam'],
    )
    const shown = await run('user show sam')
    assert.match(shown.stdout, /^user +sam$/m)
    assert.match(shown.stdout, /^apps +notes=viewer,other=manager$/m)
    assert.match(shown.stdout, /^signed in +never$/m)
    const byId = await run(`user show ${User.parse((await run('user show sam --json')).json).id} --json`)
    assert.equal(byId.json.name, 'sam')
  })
})

test('dist user list cuts long lists of apps, and show does not', async () => {
  await inWorld(async ({ run }) => {
    for (const slug of ['a', 'b', 'c']) await run(`app create ${slug}`)
    await run('user create sam --app a=viewer,b=viewer,c=viewer,notes=viewer,other=viewer')
    assert.match((await run('user list')).stdout, / a=viewer,b=viewer,c=viewer,\+2 /)
    assert.match((await run('user show sam')).stdout, / a=viewer,b=viewer,c=viewer,notes=viewer,other=viewer$/m)
  })
})

test('dist user edit changes what is given and nothing else', async () => {
  await inWorld(async ({ run }) => {
    await run('user create sam --role viewer --app notes=manager')
    assert.equal(
      (await run('user edit sam --app other=admin')).stdout,
      changed('viewer on the server, manager of notes, admin of other'),
    )
    assert.equal((await run('user edit sam --role none')).stdout, changed('manager of notes, admin of other'))
    const edited = await run('user edit sam --role admin --app notes=none --app other=none --json')
    const { role, apps } = User.parse(edited.json)
    assert.deepEqual([role, apps], ['admin', {}])
    const { stdout } = await run('audit list --limit 1')
    assert.match(stdout, / user\.edited +user sam +root +role: - → admin, apps: \S+ → \{\}$/m)
  })
  function changed(roles: string): string {
    return `sam has ${roles}\n`
  }
})

test('dist user link replaces the link; disable ends sessions, and enable says what is missing', async () => {
  await inWorld(async ({ app, run }) => {
    const first = (await run('user create sam')).stdout
    const second = await run('user link sam')
    assert.equal(second.code, 0, second.stderr)
    assert.match(second.stdout, /\/setup\/distb_\w+\n$/)
    assert.notEqual(second.stdout, first)
    assert.match(second.stderr, /^the link sets the password of sam, once, until /)
    const { user, link } = InvitedUser.parse((await run('user link sam --json')).json)
    assert.deepEqual([user.name, link.kind], ['sam', 'invite'])
    const person = await app.person({ name: 'kim', role: 'viewer' })
    const who = async () => (await app.ask('GET', '/api/v1/whoami', { cookie: person.cookie })).json.kind
    const before = await who()
    assert.equal((await run('user disable kim')).stdout, 'disabled kim\n')
    assert.notEqual(before, 'anonymous')
    assert.equal(await who(), 'anonymous')
    const refused = await run('user link kim --json')
    assert.deepEqual([refused.code, refused.error.code], [6, 'user.disabled'])
    assert.equal(refused.error.hint, 'Run "dist user enable" for the person first')
    const enabled = await run('user enable kim')
    assert.deepEqual([enabled.code, enabled.stdout], [0, 'enabled kim\n'])
    assert.match(enabled.stderr, /"dist user link"/)
  })
})

test('a person who used the link is active, and gets a link to set the password anew', async () => {
  await inWorld(async ({ app, run }) => {
    const link = (await run('user create nora --role admin')).stdout.trim()
    const used = await post(app, link, { password: 'green otter nine lamps' })
    assert.equal(used.status, 303)
    assert.equal((await post(app, link, { password: 'green otter nine lamps' })).status, 404, 'it works once')
    assert.match((await run('user list')).stdout, /^nora +active +admin +- +\S+ +usr_/m)
    assert.match((await run('user show nora')).stdout, /^state +active$/m)
    const { stdout } = await run('audit list')
    assert.match(stdout, / session\.started +session nora +user nora +127\.0\.0\.1$/m)
    assert.match(stdout, / user\.password_set +user nora +user nora$/m)
    const again = await run('user link nora')
    assert.match(again.stderr, /^the link sets a new password of nora, once, until /)
    assert.match((await run('audit list')).stdout, / user\.link_created +user nora +root +reset$/m)
    for (const line of ['user disable nora', 'user delete nora', 'user edit nora --role viewer']) {
      const refused = await run(`${line} --json`)
      assert.deepEqual([refused.code, refused.error.code], [6, 'user.last_admin'], line)
    }
  })
})

test('dist audit list tells of sign-ins that were refused for good', async () => {
  await inWorld(async ({ app, run }) => {
    for (let i = 0; i < 6; i++) await post(app, `${app.url}/login`, { name: 'nobody', password: 'wrong' })
    assert.match((await run('audit list')).stdout, / session\.refused +server +anonymous +127\.0\.0\.1: too many wrong/)
  })
})

/** Sends a form as a page of this server does. */
function post(app: ServedApp, url: string, form: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams(form)
  return fetch(url, { method: 'POST', body, headers: { origin: app.url }, redirect: 'manual' })
}

test('dist user delete asks nothing, and the log keeps the name', async () => {
  await inWorld(async ({ run }) => {
    await run('user create sam')
    assert.equal((await run('user delete sam')).stdout, 'deleted sam\n')
    const gone = await run('user show sam --json')
    assert.deepEqual(
      [gone.code, gone.error.code, gone.error.hint],
      [5, 'user.not_found', 'Run "dist user list" to see who there is'],
    )
    assert.match((await run('audit list')).stdout, / user\.deleted +user sam +root/)
    assert.equal((await run('user create sam')).code, 0, 'the name is free again')
  })
})

test('dist user refuses what makes no sense before it asks the server', async () => {
  const cases: [line: string, words: RegExp][] = [
    ['user create', /missing required argument 'name'/],
    ['user create sam --role boss', /viewer, manager, admin/],
    ['user create sam --role none', /viewer, manager, admin/],
    ['user create usr_x', /given: name: /],
    ['user create -- -sam', /given: name: /],
    ['user create a/b', /given: name: /],
    ['user create sam --app notes', /--app "notes": a role is missing\nhint: Write slug=role/],
    ['user create sam --app notes=boss', /--app "notes=boss": the role is viewer, manager or admin\n/],
    ['user create sam --app notes=none', /--app "notes=none": the role is viewer, manager or admin\n/],
    ['user create sam --app notes=', /the role is viewer, manager or admin\n/],
    ['user create sam --app =viewer', /--app "=viewer": "" is no slug of an app\n/],
    ['user create sam --app __proto__=admin', /"__proto__" is no slug/],
    ['user create sam --app notes=viewer,notes=admin', /--app "notes=admin": the app has another role before\n/],
    ['user edit sam', /nothing to change was given/],
    ['user edit sam --app notes=boss', /the role is viewer, manager, admin or none\n/],
    ['user edit', /missing required argument 'user'/],
    ['user delete ..', /Cannot use "\.\." as name or id of a person\nhint: /],
    ['user delete a/b', /Cannot use "a\/b" as name or id/],
    ['user delete sam --yes', /unknown option '--yes'/],
    ['user link', /missing required argument 'user'/],
    ['user', /a command is missing/],
    ['user remove sam', /unknown command 'remove'/],
  ]
  for (const [line, words] of cases) {
    const run = await dist(line.split(' '), { server: 'http://127.0.0.1:1', token: 'x' })
    assert.equal(run.code, 2, `${line}: ${run.stdout}${run.stderr}`)
    assert.match(run.stderr, words, line)
    assert.equal(run.stdout, '')
  }
})

test('dist user says what the server refuses, with stable codes', async () => {
  await inWorld(async ({ app, run }) => {
    await run('user create sam')
    const cases: [line: string, code: number, error: string, hint: RegExp][] = [
      ['user create sam', 6, 'user.exists', /"dist user link"/],
      ['user create SAM', 6, 'user.exists', /"dist user link"/],
      ['user create kim --app absent=viewer', 5, 'app.not_found', /./],
      ['user edit sam --app absent=viewer', 5, 'app.not_found', /./],
      ['user edit nobody --role viewer', 5, 'user.not_found', /"dist user list"/],
      ['user show nobody', 5, 'user.not_found', /"dist user list"/],
      ['user link nobody', 5, 'user.not_found', /"dist user list"/],
      ['user disable nobody', 5, 'user.not_found', /"dist user list"/],
      ['user delete usr_00000000000000000000000000', 5, 'user.not_found', /"dist user list"/],
    ]
    for (const [line, code, error, hint] of cases) {
      const refused = await run(`${line} --json`)
      assert.deepEqual([refused.code, refused.error?.code, refused.stdout], [code, error, ''], line)
      assert.match(refused.error.hint ?? '-', hint, line)
    }
    assert.equal((await run('user list --json')).json.items.length, 1, 'nobody was created by half')
    const { secret } = await app.issue({ actions: ['publish', 'promote'], name: 'ci' })
    for (const line of ['user list', 'user create kim', 'user link sam']) {
      const denied = await dist([...line.split(' '), '--json'], { server: app.url, token: secret })
      assert.deepEqual([denied.code, denied.error.code], [4, 'access.denied'], line)
    }
  })
})

test('a person is told with the roles, as whoami would', async () => {
  await inWorld(async ({ app }) => {
    const { cookie, user } = await app.person({ name: 'nora', role: 'viewer', apps: { notes: 'admin' } })
    const who = WhoAmI.parse((await app.ask('GET', '/api/v1/whoami', { cookie })).json)
    assert.deepEqual(whoText(who, 0), [`user nora (${user.id})`, 'has viewer on the server, admin of notes'])
    const nobody = WhoAmI.parse((await app.ask('GET', '/api/v1/whoami')).json)
    assert.deepEqual(whoText(nobody, 0), ['anonymous'])
  })
})

test('dist token list and show tell people by their names', async () => {
  await inWorld(async ({ app, run }) => {
    const person = await app.person({ name: 'nora', role: 'admin' })
    const issued = await app.ask('POST', '/api/v1/tokens', {
      cookie: person.cookie,
      body: { name: 'of-nora', actions: ['read'] },
    })
    assert.equal(issued.status, 201, issued.text)
    const { stdout } = await run('token list')
    assert.match(stdout, /^of-nora .* user nora +tok_\w+$/m)
    assert.match(stdout, /^root .* system +tok_\w+$/m)
    assert.match((await run('token show of-nora')).stdout, /^creator +user nora$/m)
    assert.match((await run('audit list --limit 1')).stdout, / token\.created +token of-nora +user nora$/m)
    const asked = app.requests.length
    const { items } = (await run('token list --json')).json
    assert.deepEqual(items.map(({ createdBy }: Token) => createdBy).sort(), ['system', person.user.id])
    assert.equal(app.requests.length, asked + 1, 'programs read ids: no name is asked for')
    // Who may manage the tokens of some apps alone may not know who people are.
    const narrow = await app.issue({ actions: ['admin'], name: 'narrow', apps: ['notes'] })
    const own = { server: app.url, token: narrow.secret }
    assert.match((await dist(['token', 'list'], own)).stdout, /^narrow .* system +tok_\w+$/m)
    await run('user delete nora')
    assert.equal((await dist(['app', 'list'], { server: app.url, token: issued.json.secret })).code, 0, 'it works on')
    assert.match((await run('token list')).stdout, /^of-nora .* usr_\w{26} +tok_\w+$/m)
  })
})
