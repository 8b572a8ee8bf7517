import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { eventHash } from '../../src/audit/chain.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { digestOf } from '../../src/bytes/digest.ts'
import { hashPassword } from '../../src/people/passwords.ts'
import { startSession } from '../../src/people/sessions.ts'
import { auditHead, listAuditEvents } from '../../src/store/audit.ts'
import { setUserPassword } from '../../src/store/users.ts'
import type { Person } from '../helpers/person.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { tableRows } from '../helpers/table-rows.ts'
import { type Answer, type Ask, createTestApp, draft, release, type TestApp, upload } from '../helpers/test-app.ts'
import { bytesOf, textFile } from '../helpers/text-file.ts'

const PASSWORD = 'correct horse battery'
const SETUP_TOKEN = 'a setup token of 32 characters or more'

async function inApp(run: (app: TestApp, token: string) => Promise<void>): Promise<void> {
  const app = await createTestApp({ config: { setupToken: SETUP_TOKEN } })
  try {
    const { secret } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token: secret, body: { slug: 'notes' } })
    await run(app, secret)
  } finally {
    await app.close()
  }
}

const digestHeader = { 'Content-Type': 'application/partial-upload', 'Upload-Offset': '0' }

/** A release that is published and not announced. */
async function sealed(app: TestApp, token: string, n: number): Promise<void> {
  const { id } = await draft(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
  await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
}

async function pushed(app: TestApp, token: string, where: string): Promise<void> {
  const uploadId = await upload(app, token, textFile(where))
  const { status, text } = await app.ask('PUT', `/api/v1/apps/notes/branches/${where}`, { token, body: { uploadId } })
  assert.equal(status, 201, text)
}

/** What a form of a page sends, from a browser that is not signed in unless a cookie says who it is. */
function form(fields: Readonly<Record<string, string>>, cookie = 'none=none'): Ask {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  return { cookie, headers, raw: new URLSearchParams(fields).toString() }
}

/** Somebody who is signed in, and has a password. */
async function personWithPassword(app: TestApp, n: number): Promise<Person> {
  const person = await app.person({ name: `person-${n}` })
  const hash = await hashPassword(app.deps, PASSWORD)
  await app.deps.store.write((tx) => setUserPassword(tx, person.user.id, hash))
  return person
}

/** Another session of the same person. @returns its id */
async function anotherSession(app: TestApp, { user }: Person): Promise<string> {
  const browser = { address: '192.0.2.1', userAgent: null }
  const { id } = await app.deps.store.write((tx) => startSession(tx, app.deps, user, browser, SYSTEM_CAUSE))
  return id
}

async function invite(app: TestApp, token: string, n: number): Promise<{ path: string; secret: string }> {
  const created = await app.ask('POST', '/api/v1/users', { token, body: { name: `invited-${n}` } })
  assert.equal(created.status, 201, created.text)
  return { path: `/api/v1/users/${created.json.user.id}`, secret: created.json.link.url.split('/').at(-1) }
}

/** For every route that changes something: what must be there, the request, and the events it writes. */
type Recipe = (
  app: TestApp,
  token: string,
  n: number,
) => Promise<{
  path: string
  /** By the admin token, unless it has a cookie. */
  ask: Ask
  events: string[]
  reader?: string
}>
const RECIPES: Readonly<Record<string, Recipe>> = {
  'POST /api/v1/apps': async (_app, _token, n) => ({
    path: '/api/v1/apps',
    ask: { body: { slug: `app-${n}` } },
    events: ['app.created'],
  }),
  'PATCH /api/v1/apps/:app': async () => ({
    path: '/api/v1/apps/notes',
    ask: { body: { summary: 'x' } },
    events: ['app.edited'],
  }),
  'DELETE /api/v1/apps/:app': async (app, token, n) => {
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: `gone-${n}` } })
    return { path: `/api/v1/apps/gone-${n}`, ask: {}, events: ['app.deleted'] }
  },
  'POST /api/v1/apps/:app/releases': async (_app, _token, n) => ({
    path: '/api/v1/apps/notes/releases',
    ask: { body: { version: `1.0.${n}` } },
    events: ['release.drafted'],
  }),
  'POST /api/v1/apps/:app/releases/:ref/artifacts': async (app, token, n) => {
    const { id } = await draft(app, token, 'notes', { version: `1.0.${n}` }, [])
    return {
      path: `/api/v1/apps/notes/releases/${id}/artifacts`,
      ask: { body: { uploadId: await upload(app, token, textFile(`a${n}`)), platform: 'linux' } },
      events: ['artifact.attached'],
    }
  },
  'DELETE /api/v1/apps/:app/releases/:ref/artifacts/:file': async (app, token, n) => {
    const { id } = await draft(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
    return { path: `/api/v1/apps/notes/releases/${id}/artifacts/notes.bin`, ask: {}, events: ['artifact.detached'] }
  },
  'POST /api/v1/apps/:app/releases/:ref/links': async (app, token, n) => {
    const { id } = await draft(app, token, 'notes', { version: `1.0.${n}` }, [])
    return {
      path: `/api/v1/apps/notes/releases/${id}/links`,
      ask: { body: { platform: 'linux', kind: 'web', url: 'https://example.com/' } },
      events: ['link.added'],
    }
  },
  'DELETE /api/v1/apps/:app/releases/:ref/links/:link': async (app, token, n) => {
    const { id } = await draft(app, token, 'notes', { version: `1.0.${n}` }, [])
    const link = await app.ask('POST', `/api/v1/apps/notes/releases/${id}/links`, {
      token,
      body: { platform: 'linux', kind: 'web', url: 'https://example.com/' },
    })
    return { path: `/api/v1/apps/notes/releases/${id}/links/${link.json.id}`, ask: {}, events: ['link.removed'] }
  },
  'POST /api/v1/apps/:app/releases/:ref/actions/publish': async (app, token, n) => {
    const { id } = await draft(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
    return { path: `/api/v1/apps/notes/releases/${id}/actions/publish`, ask: {}, events: ['release.published'] }
  },
  'POST /api/v1/apps/:app/releases/:ref/actions/announce': async (app, token, n) => {
    const { id } = await draft(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
    await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
    await app.ask('PATCH', '/api/v1/apps/notes/channels/edge', { token, body: { policy: { auto: 'latest' } } })
    return {
      path: `/api/v1/apps/notes/releases/${id}/actions/announce`,
      ask: {},
      events: ['announcement.created', 'release.announced', 'channel.promoted'],
    }
  },
  'POST /api/v1/announcements': async (app, token, n) => {
    await app.ask('PATCH', '/api/v1/apps/notes/channels/edge', { token, body: { policy: { auto: null } } })
    const releases = [`1.0.${n}`, `1.1.${n}`].map((release) => ({ app: 'notes', release }))
    for (const { release: version } of releases) {
      const { id } = await draft(app, token, 'notes', { version }, [textFile(version)])
      await app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/publish`, { token })
    }
    return {
      path: '/api/v1/announcements',
      ask: { body: { releases } },
      events: ['announcement.created', 'release.announced', 'release.announced'],
    }
  },
  'POST /api/v1/apps/:app/releases/:ref/actions/yank': async (app, token, n) => {
    await app.ask('PATCH', '/api/v1/apps/notes/channels/edge', { token, body: { policy: { auto: null } } })
    const refs = [`1.0.${n}`, `1.1.${n}`]
    for (const version of refs) await release(app, token, 'notes', { version }, [textFile(version)])
    let headers: Record<string, string> = { 'If-None-Match': '*' }
    for (const ref of refs) {
      const moved = await app.ask('POST', `/api/v1/apps/notes/channels/c${n}/actions/promote`, {
        token,
        headers,
        body: { release: ref },
      })
      headers = { 'If-Match': moved.headers.get('etag')! }
    }
    return {
      path: `/api/v1/apps/notes/releases/1.1.${n}/actions/yank`,
      ask: { body: { reason: 'r', rollback: true } },
      events: ['channel.rolled_back', 'release.yanked'],
    }
  },
  'POST /api/v1/apps/:app/releases/:ref/actions/unyank': async (app, token, n) => {
    await release(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
    await app.ask('POST', `/api/v1/apps/notes/releases/1.0.${n}/actions/yank`, { token, body: { reason: 'r' } })
    return { path: `/api/v1/apps/notes/releases/1.0.${n}/actions/unyank`, ask: {}, events: ['release.unyanked'] }
  },
  'POST /api/v1/apps/:app/releases/:ref/actions/discard': async (app, token, n) => {
    const { id } = await draft(app, token, 'notes', { version: `1.0.${n}` }, [])
    return { path: `/api/v1/apps/notes/releases/${id}/actions/discard`, ask: {}, events: ['release.discarded'] }
  },
  'POST /api/v1/apps/:app/releases/:ref/actions/purge': async (app, token, n) => {
    await release(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
    return {
      path: `/api/v1/apps/notes/releases/1.0.${n}/actions/purge`,
      ask: { body: { reason: 'r' } },
      events: ['release.purged'],
    }
  },
  'POST /api/v1/previews': async (app, token, n) => {
    await sealed(app, token, n)
    return {
      path: '/api/v1/previews',
      ask: { body: { app: 'notes', release: `1.0.${n}` } },
      events: ['preview.created'],
    }
  },
  'DELETE /api/v1/previews/:preview': async (app, token, n) => {
    await sealed(app, token, n)
    const made = await app.ask('POST', '/api/v1/previews', { token, body: { app: 'notes', release: `1.0.${n}` } })
    return {
      path: `/api/v1/previews/${made.json.preview.id}`,
      ask: {},
      events: ['preview.ended', 'release.discarded'],
    }
  },
  'POST /api/v1/uploads': async (_app, _token, n) => ({
    path: '/api/v1/uploads',
    ask: { body: { sizeBytes: 1, digest: digestOf(bytesOf(`u${n}`)), fileName: 'u.bin' } },
    events: ['upload.started'],
  }),
  'PATCH /api/v1/uploads/:upload': async (app, token, n) => {
    const opened = await app.ask('POST', '/api/v1/uploads', {
      token,
      body: { sizeBytes: bytesOf(`p${n}`).length, digest: digestOf(bytesOf(`p${n}`)), fileName: 'p.bin' },
    })
    return {
      path: `/api/v1/uploads/${opened.json.id}`,
      ask: { headers: digestHeader, raw: bytesOf(`p${n}`) },
      events: ['upload.completed'],
    }
  },
  'DELETE /api/v1/uploads/:upload': async (app, token, n) => {
    const opened = await app.ask('POST', '/api/v1/uploads', {
      token,
      body: { sizeBytes: 1, digest: digestOf(bytesOf(`d${n}`)), fileName: 'd.bin' },
    })
    return { path: `/api/v1/uploads/${opened.json.id}`, ask: {}, events: ['upload.ended'] }
  },
  'PATCH /api/v1/apps/:app/channels/:channel': async (_app, _token, n) => ({
    path: `/api/v1/apps/notes/channels/p${n}`,
    ask: { body: { policy: { protected: true } } },
    events: ['channel.edited'],
  }),
  'POST /api/v1/apps/:app/channels/:channel/actions/promote': async (app, token, n) => {
    await release(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
    return {
      path: `/api/v1/apps/notes/channels/n${n}/actions/promote`,
      ask: { headers: { 'If-None-Match': '*' }, body: { release: `1.0.${n}` } },
      events: ['channel.promoted'],
    }
  },
  'POST /api/v1/apps/:app/channels/:channel/actions/rollback': async (app, token, n) => {
    let headers: Record<string, string> = { 'If-None-Match': '*' }
    for (const version of [`1.0.${n}`, `1.1.${n}`]) {
      await release(app, token, 'notes', { version }, [textFile(version)])
      const moved = await app.ask('POST', `/api/v1/apps/notes/channels/r${n}/actions/promote`, {
        token,
        headers,
        body: { release: version },
      })
      headers = { 'If-Match': moved.headers.get('etag')! }
    }
    return {
      path: `/api/v1/apps/notes/channels/r${n}/actions/rollback`,
      ask: { headers, body: {} },
      events: ['channel.rolled_back'],
    }
  },
  'PUT /api/v1/apps/:app/branches/:branch/slots/:slot': async (app, token, n) => ({
    path: `/api/v1/apps/notes/branches/b${n}/slots/linux-x64`,
    ask: { body: { uploadId: await upload(app, token, textFile(`b${n}`)) } },
    events: ['branch.pushed'],
  }),
  'DELETE /api/v1/apps/:app/branches/:branch/slots/:slot': async (app, token, n) => {
    for (const slot of ['linux-x64', 'linux-arm64']) await pushed(app, token, `s${n}/slots/${slot}`)
    return { path: `/api/v1/apps/notes/branches/s${n}/slots/linux-x64`, ask: {}, events: ['branch.slot_removed'] }
  },
  'DELETE /api/v1/apps/:app/branches/:branch': async (app, token, n) => {
    await pushed(app, token, `d${n}/slots/linux-x64`)
    return { path: `/api/v1/apps/notes/branches/d${n}`, ask: {}, events: ['branch.deleted'] }
  },
  'POST /api/v1/tokens': async () => ({
    path: '/api/v1/tokens',
    ask: { body: { name: 'x', actions: ['read'] } },
    events: ['token.created'],
  }),
  'DELETE /api/v1/tokens/:token': async (app) => ({
    path: `/api/v1/tokens/${(await app.issue({ actions: ['read'] })).token.id}`,
    ask: {},
    events: ['token.revoked'],
  }),
  'POST /api/v1/tokens/revoke-self': async (app) => {
    const { secret } = await app.issue({ actions: ['read'] })
    await app.ask('GET', '/api/v1/whoami', { token: secret })
    return { path: '/api/v1/tokens/revoke-self', ask: {}, events: ['token.revoked'], reader: secret }
  },
  'POST /api/v1/users': async (_app, _token, n) => ({
    path: '/api/v1/users',
    ask: { body: { name: `user-${n}`, role: 'viewer', apps: { notes: 'admin' } } },
    events: ['user.created'],
  }),
  'PATCH /api/v1/users/:user': async (app, _token, n) => {
    const { user } = await personWithPassword(app, n)
    const ask = { body: { role: 'viewer', apps: { notes: 'admin' }, disabled: true } }
    return { path: `/api/v1/users/${user.id}`, ask, events: ['user.edited', 'session.ended'] }
  },
  'DELETE /api/v1/users/:user': async (app, _token, n) => {
    const { user } = await personWithPassword(app, n)
    return { path: `/api/v1/users/${user.id}`, ask: {}, events: ['user.deleted', 'session.ended'] }
  },
  'POST /api/v1/users/:user/actions/link': async (app, token, n) => {
    const { path } = await invite(app, token, n)
    return { path: `${path}/actions/link`, ask: {}, events: ['user.link_created'] }
  },
  'POST /setup': async (_app, _token, n) => ({
    path: '/setup',
    ask: form({ token: SETUP_TOKEN, name: `root-${n}`, password: PASSWORD }),
    events: ['user.created', 'session.started'],
  }),
  'POST /setup/:key': async (app, token, n) => {
    const { secret } = await invite(app, token, n)
    return {
      path: `/setup/${secret}`,
      ask: form({ password: PASSWORD }),
      events: ['user.password_set', 'session.started'],
    }
  },
  'POST /login': async (app, _token, n) => {
    const { user } = await personWithPassword(app, n)
    return { path: '/login', ask: form({ name: user.name, password: PASSWORD }), events: ['session.started'] }
  },
  'POST /logout': async (app) => {
    const { cookie } = await app.person()
    return { path: '/logout', ask: form({}, cookie), events: ['session.ended'] }
  },
  'POST /account/password': async (app, _token, n) => {
    const person = await personWithPassword(app, n)
    await anotherSession(app, person)
    return {
      path: '/account/password',
      ask: form({ current: PASSWORD, new_password: 'other horse battery' }, person.cookie),
      events: ['user.password_set', 'session.ended'],
    }
  },
  'POST /account/sessions/end-others': async (app) => {
    const person = await app.person()
    await anotherSession(app, person)
    return { path: '/account/sessions/end-others', ask: form({}, person.cookie), events: ['session.ended'] }
  },
  'POST /account/sessions/:session/end': async (app) => {
    const person = await app.person()
    const path = `/account/sessions/${await anotherSession(app, person)}/end`
    return { path, ask: form({}, person.cookie), events: ['session.ended'] }
  },
  'POST /account/confirm': async (app, _token, n) => {
    const { cookie } = await personWithPassword(app, n)
    return { path: '/account/confirm', ask: form({ password: PASSWORD }, cookie), events: ['session.confirmed'] }
  },
  'DELETE /api/v1/sessions/:session': async (app) => {
    const person = await app.person()
    const path = `/api/v1/sessions/${await anotherSession(app, person)}`
    return { path, ask: { cookie: person.cookie }, events: ['session.ended'] }
  },
  'POST /api/v1/sessions/actions/end-others': async (app) => {
    const person = await app.person()
    await anotherSession(app, person)
    const path = '/api/v1/sessions/actions/end-others'
    return { path, ask: { cookie: person.cookie }, events: ['session.ended'] }
  },
  'POST /api/v1/sessions/actions/confirm': async (app, _token, n) => {
    const { cookie } = await personWithPassword(app, n)
    const ask = { cookie, body: { password: PASSWORD } }
    return { path: '/api/v1/sessions/actions/confirm', ask, events: ['session.confirmed'] }
  },
  'POST /api/v1/shares': async (app, token, n) => {
    await release(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
    const body = { app: 'notes', release: `1.0.${n}`, label: 'ACME' }
    return { path: '/api/v1/shares', ask: { body }, events: ['share.created'] }
  },
  'DELETE /api/v1/shares/:share': async (app, token, n) => {
    await release(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
    const body = { app: 'notes', release: `1.0.${n}`, label: 'ACME' }
    const created = await app.ask('POST', '/api/v1/shares', { token, body })
    assert.equal(created.status, 201, created.text)
    return { path: `/api/v1/shares/${created.json.share.id}`, ask: {}, events: ['share.revoked'] }
  },
}

/** The same routes where they end in another way. */
const OTHER_WAYS: readonly (readonly [route: string, recipe: Recipe])[] = [
  [
    'PUT /api/v1/apps/:app/branches/:branch/slots/:slot',
    async (app, token, n) => {
      const path = `/api/v1/apps/notes/branches/e${n}/slots/linux-x64`
      const ask = { body: { uploadId: await upload(app, token, textFile(`e${n}`)), expiresInDays: 1 } }
      await app.ask('PUT', path, { token, ...ask })
      await app.clock.advance(86_400_000)
      return { path, ask, events: ['branch.expired', 'branch.pushed'] }
    },
  ],
  [
    'DELETE /api/v1/apps/:app/branches/:branch/slots/:slot',
    async (app, token, n) => {
      await pushed(app, token, `l${n}/slots/linux-x64`)
      return { path: `/api/v1/apps/notes/branches/l${n}/slots/linux-x64`, ask: {}, events: ['branch.deleted'] }
    },
  ],
  [
    'POST /api/v1/apps/:app/releases',
    async (app, token, n) => {
      const headers = { 'Idempotency-Key': `key-${n}` }
      const body = { version: `1.0.${n}`, notes: 'first' }
      await app.ask('POST', '/api/v1/apps/notes/releases', { token, headers, body })
      return {
        path: '/api/v1/apps/notes/releases',
        ask: { headers, body: { ...body, notes: 'second' } },
        events: ['release.reworded'],
      }
    },
  ],
  [
    'POST /api/v1/apps/:app/releases',
    async (app, token, n) => {
      const ask = { headers: { 'Idempotency-Key': `key-${n}` }, body: { version: `1.0.${n}`, notes: 'first' } }
      await app.ask('POST', '/api/v1/apps/notes/releases', { token, ...ask })
      return { path: '/api/v1/apps/notes/releases', ask, events: [] }
    },
  ],
  [
    'POST /api/v1/apps/:app/releases',
    async (app, token, n) => {
      const ask = { headers: { 'Idempotency-Key': `key-${n}` }, body: { version: `1.0.${n}`, reserve: true } }
      await app.ask('POST', '/api/v1/apps/notes/releases', { token, ...ask })
      await app.clock.advance(1000)
      return { path: '/api/v1/apps/notes/releases', ask, events: ['release.reserved'] }
    },
  ],
  [
    'POST /api/v1/apps/:app/releases/:ref/actions/purge',
    async (app, token, n) => {
      await release(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
      const path = `/api/v1/apps/notes/releases/1.0.${n}/actions/purge`
      await app.ask('POST', path, { token, body: { reason: 'r' } })
      return { path, ask: { body: { reason: 'again' } }, events: [] }
    },
  ],
  [
    'POST /api/v1/previews',
    async (app, token, n) => {
      await sealed(app, token, n)
      const body = { app: 'notes', release: `1.0.${n}` }
      await app.ask('POST', '/api/v1/previews', { token, body })
      return {
        path: '/api/v1/previews',
        ask: { body: { ...body, expiresInDays: 30 } },
        events: ['preview.extended'],
      }
    },
  ],
  [
    'POST /api/v1/apps/:app/releases/:ref/actions/publish',
    async (app, token, n) => {
      await release(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
      const { id } = await draft(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
      return { path: `/api/v1/apps/notes/releases/${id}/actions/publish`, ask: {}, events: ['release.superseded'] }
    },
  ],
  [
    'POST /api/v1/apps/:app/releases/:ref/actions/publish',
    async (app, token, n) => {
      const { id } = await release(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
      return { path: `/api/v1/apps/notes/releases/${id}/actions/publish`, ask: {}, events: [] }
    },
  ],
  [
    'POST /api/v1/uploads',
    async (app, token, n) => {
      const bytes = bytesOf(`s${n}`)
      await upload(app, token, { fileName: 's.bin', bytes })
      return {
        path: '/api/v1/uploads',
        ask: { body: { sizeBytes: bytes.length, digest: digestOf(bytes), fileName: 's.bin' } },
        events: ['upload.skipped'],
      }
    },
  ],
  [
    'PATCH /api/v1/uploads/:upload',
    async (app, token, n) => {
      const bytes = bytesOf(`h${n}`)
      const digest = digestOf(bytes)
      await upload(app, token, { fileName: 'h.bin', bytes })
      await app.deps.store.write((tx) =>
        tx.updateTable('blobs').set({ state: 'damaged' }).where('digest', '=', digest).execute(),
      )
      const opened = await app.ask('POST', '/api/v1/uploads', {
        token,
        body: { sizeBytes: bytes.length, digest, fileName: 'h.bin' },
      })
      return {
        path: `/api/v1/uploads/${opened.json.id}`,
        ask: { headers: digestHeader, raw: bytes },
        events: ['blob.healed', 'upload.completed'],
      }
    },
  ],
  [
    'POST /api/v1/apps/:app/channels/:channel/actions/promote',
    async (app, token, n) => {
      await release(app, token, 'notes', { version: `1.0.${n}` }, [textFile(`a${n}`)])
      const path = `/api/v1/apps/notes/channels/n${n}/actions/promote`
      const body = { release: `1.0.${n}` }
      const moved = await app.ask('POST', path, { token, headers: { 'If-None-Match': '*' }, body })
      return { path, ask: { headers: { 'If-Match': moved.headers.get('etag')! }, body }, events: [] }
    },
  ],
]

/** Events that no request asks for: the server writes them when it finds something. */
const FOUND_BY_THE_SERVER = ['blob.damaged']

const events = (app: TestApp, after: number) =>
  listAuditEvents(app.deps.store.reads, { app: null, order: 'asc', after, limit: 100 })

test('every route that changes something writes one transaction with its audit events, and no other route any', () =>
  inApp(async (app, token) => {
    const mutating = app.app.routes
      .filter((route) => route.method !== 'GET')
      .map((route) => `${route.method} ${route.path}`)
    assert.deepEqual(Object.keys(RECIPES).sort(), mutating.sort(), 'a route without a recipe')
    const seen = new Set<string>(FOUND_BY_THE_SERVER)
    let n = 0
    const { store } = app.deps
    const write = store.write
    const other = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: false })
    for (const [key, recipe] of [...Object.entries(RECIPES), ...OTHER_WAYS]) {
      let made = await recipe(app, token, n++)
      const isByToken = made.ask.cookie === undefined
      const by = isByToken ? { token: made.reader ?? token } : {}
      const ask = () => app.ask(key.split(' ')[0]!, made.path, { ...by, ...made.ask })
      const headBefore = (await events(app, 0)).length
      assert.ok(headBefore > 0)

      // No audit, no effect: the log takes nothing, so nothing else changes, and the same request succeeds afterwards.
      if (made.events.length > 0) {
        const rows = tableRows(other)
        other.prepare(NO_AUDIT).run([])
        const lost = await ask()
        other.prepare('drop trigger no_audit').run([])
        assert.deepEqual([lost.status, lost.json.code], [500, 'server.failed'], key)
        assert.deepEqual(tableRows(other), rows, `${key}: nothing changes without its events`)
        // The bytes became a file that no row names, before the transaction that failed: they are sent anew.
        if (key === 'PATCH /api/v1/uploads/:upload') {
          assert.equal((await ask()).json.code, 'upload.gone')
          made = await recipe(app, token, n++)
        }
      }
      const seq = (await app.ask('GET', '/api/v1/audit/head', { token })).json.seq

      let transactions = 0
      const inside: string[] = []
      store.write = (work) => {
        transactions++
        return write(async (tx) => {
          const head = await auditHead(tx)
          const result = await work(tx)
          const added = await tx.selectFrom('audit').select('action').where('seq', '>', head.seq).execute()
          inside.push(...added.map(({ action }) => action))
          return result
        })
      }
      const answer = await ask()
      store.write = write
      assert.ok(answer.status < (isByToken ? 300 : 304), `${key}: ${answer.text}`)
      const written = await events(app, seq)
      assert.deepEqual(written.map((event) => event.action).sort(), [...made.events].sort(), key)
      assert.deepEqual(inside.sort(), [...made.events].sort(), `${key}: its events are written with what they tell of`)
      for (const event of written) {
        seen.add(event.action)
        assert.equal(event.requestId, answer.headers.get('x-request-id'), key)
        assert.equal(event.actor.kind, isByToken ? 'token' : 'user', key)
      }
      assert.equal(transactions, 1, key)
      const failed = await app.ask(key.split(' ')[0]!, made.path, { ...made.ask, token: `distc_${'0'.repeat(48)}` })
      assert.equal(failed.status, 401)
      assert.equal((await events(app, seq)).length, written.length, `${key}: what is refused changes nothing`)
    }
    // Written by `distd inspect --again`, which is no route: see src/artifacts/inspect-again.test.ts.
    for (const action of ['artifact.inspected_again', 'branch.inspected_again']) seen.add(action)
    // Written beside what is read: see test/api/shares.test.ts.
    for (const action of ['share.opened', 'share.downloaded']) seen.add(action)
    // Written once where tries are used up, which takes many of them: see src/people/sign-in.ts.
    seen.add('session.refused')
    other.close()
    assert.deepEqual([...seen].sort(), [...(await actionsInSource())].sort(), 'an event that no recipe writes')
    assert.equal((await verifyAudit(app.deps.store.reads)).broken, undefined)
  }))

/** Stands in for any reason for which the log may take nothing. */
const NO_AUDIT = `create trigger no_audit before insert on audit begin select raise(abort, 'no audit'); end`

/** What the verbs can write to the log, as their source says it. */
async function actionsInSource(): Promise<Set<string>> {
  const found = new Set<string>()
  for (const folder of ['access', 'apps', 'artifacts', 'branches', 'channels', 'people', 'releases', 'shares']) {
    const root = new URL(`../../src/${folder}/`, import.meta.url)
    for (const name of await readdir(root)) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue
      const source = await readFile(new URL(name, root), 'utf8')
      for (const [call] of source.matchAll(/appendAudit\([^;]*?\baction: [^\n]+\n/g))
        for (const [, action] of call.matchAll(/'([a-z]+\.[a-z_]+)'/g)) found.add(action!)
    }
  }
  return found
}

test('bytes of an upload are recorded part by part, and the record that completes it is one with its event', () =>
  inApp(async (app, token) => {
    const { store } = app.deps
    const write = store.write
    const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: true })
    const bytes = bytesOf('in two parts')
    const opened = await app.ask('POST', '/api/v1/uploads', {
      token,
      body: { sizeBytes: bytes.length, digest: digestOf(bytes), fileName: 'p.bin' },
    })
    const uploaded = () => database.prepare('select offset_bytes, verified, state from uploads').all([])[0]
    const events = () => database.prepare('select action from audit where seq > 3').all([])
    /** What is durable after each transaction of one request. */
    const append = async (offset: number, end: number) => {
      const after: unknown[] = []
      store.write = async (work) => {
        const result = await write(work)
        after.push({ ...(uploaded() as object), events: events().length })
        return result
      }
      const headers = { ...digestHeader, 'Upload-Offset': String(offset), 'Upload-Complete': end === 12 ? '?1' : '?0' }
      const path = `/api/v1/uploads/${opened.json.id}`
      const sent = await app.ask('PATCH', path, { token, headers, raw: bytes.slice(offset, end) })
      store.write = write
      assert.ok(sent.status < 300, sent.text)
      return after
    }
    const begun = events().length
    // How far a client has come is no event: it says nothing that the start and the end do not say.
    const part = { offset_bytes: 5, verified: 0, state: 'open', events: begun }
    assert.deepEqual(await append(0, 5), [part])
    // Bytes that were acknowledged are not lost between their becoming a file and its record: the mark comes before.
    assert.deepEqual(await append(5, 12), [
      { ...part, verified: 1 },
      { offset_bytes: 12, verified: 1, state: 'complete', events: begun + 1 },
    ])
    database.close()
  }))

test('the event of a move names the version before and after it, downwards and back too', () =>
  inApp(async (app, token) => {
    for (const version of ['1.0.0', '1.1.0']) await release(app, token, 'notes', { version }, [textFile(version)])
    const path = '/api/v1/apps/notes/channels/stable'
    await app.ask('PATCH', path, { token, body: { policy: { allowDowngrade: true } } })
    const move = async (action: string, body: object) => {
      const etag = (await app.ask('GET', path, { token })).headers.get('etag')!
      const seq = (await app.ask('GET', '/api/v1/audit/head', { token })).json.seq
      const moved = await app.ask('POST', `${path}/actions/${action}`, { token, headers: { 'If-Match': etag }, body })
      assert.equal(moved.status, 200, moved.text)
      const written = await events(app, seq)
      assert.equal(written.length, 1)
      const { action: what, object, app: slug, before, after } = written[0]!
      assert.deepEqual([object, slug], ['channel:notes/stable', 'notes'])
      return [what, before, after]
    }
    const promoted = (from: string | null, to: string) => [
      'channel.promoted',
      { release: from },
      { release: to, kind: 'promote', reason: null },
    ]
    assert.deepEqual(await move('promote', { release: '1.0.0' }), promoted(null, '1.0.0'))
    assert.deepEqual(await move('promote', { release: '1.1.0' }), promoted('1.0.0', '1.1.0'))
    assert.deepEqual(await move('promote', { release: '1.0.0' }), promoted('1.1.0', '1.0.0'), 'a downgrade')
    assert.deepEqual(await move('rollback', { reason: 'crashes' }), [
      'channel.rolled_back',
      { release: '1.0.0' },
      { release: '1.1.0', kind: 'rollback', reason: 'crashes' },
    ])
    assert.deepEqual(await move('rollback', { to: '1.0.0' }), [
      'channel.rolled_back',
      { release: '1.1.0' },
      { release: '1.0.0', kind: 'rollback', reason: null },
    ])
  }))

const TAMPER = ['audit_update', 'audit_delete', 'audit_insert']

async function tamper(
  app: TestApp,
  ...statements: readonly (string | readonly [string, readonly unknown[]])[]
): Promise<void> {
  const database = (await currentRuntime()).openSqlite(join(app.folder, 'test.sqlite'), { readonly: false })
  try {
    for (const name of TAMPER) database.prepare(`drop trigger if exists ${name}`).run([])
    for (const statement of statements) {
      if (typeof statement === 'string') database.prepare(statement).run([])
      else database.prepare(statement[0]).run([...statement[1]])
    }
  } finally {
    database.close()
  }
}

async function withLog(run: (app: TestApp, last: number) => Promise<void>): Promise<void> {
  await inApp(async (app, token) => {
    for (let i = 0; i < 10; i++) await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { summary: `s${i}` } })
    const intact = await verifyAudit(app.deps.store.reads)
    assert.equal(intact.broken, undefined)
    await run(app, intact.head.seq)
  })
}

for (const [name, statement] of Object.entries({
  'an edited action': `update audit set action = 'app.created' where seq = 5`,
  'an edited time': `update audit set at = '2020-01-01T00:00:00.000Z' where seq = 5`,
  'an edited actor': `update audit set actor = '{"kind":"system","id":null,"name":null}' where seq = 5`,
  'an edited value': `update audit set after = '{"summary":"x"}' where seq = 5`,
  'a removed value': 'update audit set after = null where seq = 5',
  'a value that is no JSON': `update audit set after = 'x' where seq = 5`,
  'an edited request id': 'update audit set request_id = null where seq = 5',
  'an edited hash': `update audit set hash = printf('%064d', 0) where seq = 5`,
  'an edited previous hash': `update audit set prev_hash = printf('%064d', 0) where seq = 5`,
  'a dropped row': 'delete from audit where seq = 5',
  'a dropped row whose place was taken': 'update audit set seq = seq - 1 where seq = 5 and (select 1)',
})) {
  test(`verifyAudit() names the first bad event: ${name}`, () =>
    withLog(async (app) => {
      if (name.includes('place')) {
        await tamper(app, 'delete from audit where seq = 5', 'update audit set seq = 5 where seq = 6')
      } else await tamper(app, statement)
      assert.equal((await verifyAudit(app.deps.store.reads)).broken?.seq, 5)
    }))
}

test('verifyAudit() names a swap, a forged row before the first, a fork, and not the rows before them', () =>
  withLog(async (app) => {
    await tamper(
      app,
      'update audit set seq = -1 where seq = 7',
      'update audit set seq = 7 where seq = 8',
      'update audit set seq = 8 where seq = -1',
    )
    const report = await verifyAudit(app.deps.store.reads)
    assert.deepEqual([report.broken?.seq, report.events], [7, 6])
  }))

test('verifyAudit() finds a row that was put before number 1', () =>
  withLog(async (app) => {
    await tamper(
      app,
      `insert into audit select 0, 'evt_forged', at, actor, action, object, app, before, after, request_id, prev_hash, hash from audit where seq = 1`,
    )
    assert.ok((await verifyAudit(app.deps.store.reads)).broken !== undefined)
  }))

test('verifyAudit() finds a fork where the old rows go on, and its head tells a fork that was rewritten to the end', () =>
  withLog(async (app, last) => {
    const before = await verifyAudit(app.deps.store.reads)
    const all = await events(app, 0)
    const forged = { ...all[4]!, object: 'app:forged' }
    await tamper(app, ['update audit set object = ?, hash = ? where seq = 5', [forged.object, eventHash(forged)]])
    assert.equal((await verifyAudit(app.deps.store.reads)).broken?.seq, 6)
    let prevHash = eventHash(forged)
    for (let seq = 6; seq <= last; seq++) {
      const event = { ...all[seq - 1]!, prevHash }
      const hash = eventHash(event)
      await tamper(app, ['update audit set prev_hash = ?, hash = ? where seq = ?', [prevHash, hash, seq]])
      prevHash = hash
    }
    const rewritten = await verifyAudit(app.deps.store.reads)
    assert.equal(rewritten.broken, undefined)
    assert.notEqual(rewritten.head.hash, before.head.hash, 'a head kept elsewhere catches it')
    await tamper(app, `delete from audit where seq = ${last}`)
    assert.notEqual((await verifyAudit(app.deps.store.reads)).head.seq, before.head.seq, 'and a cut tail')
  }))

test('the secret of a token is in no answer but its own, no log line, no event and no file', async () => {
  const lines: string[] = []
  const app = await createTestApp({ blobs: 'fs' })
  try {
    const deps = app.deps as { log: unknown }
    deps.log = (...args: unknown[]) => lines.push(JSON.stringify(args))
    const { secret: admin } = await app.issue({ actions: ['admin'] })
    const created = await app.ask('POST', '/api/v1/tokens', {
      token: admin,
      body: { name: 'canary', actions: ['publish'] },
    })
    const secret: string = created.json.secret
    const answers: Answer[] = []
    const ask = async (...given: Parameters<TestApp['ask']>) => answers.push(await app.ask(...given))
    await ask('GET', '/api/v1/whoami', { token: secret })
    await ask('POST', '/api/v1/apps', { token: secret, body: { slug: 'notes' } })
    await release(app, secret, 'notes', { version: '1.0.0' }, [textFile('a')])
    await ask('GET', `/api/v1/tokens/${created.json.token.id}`, { token: admin })
    await ask('GET', '/api/v1/tokens', { token: admin })
    await ask('GET', '/api/v1/audit?limit=1000', { token: admin })
    await ask('POST', '/api/v1/apps', { token: secret, body: { slug: 'NOT A SLUG' } })
    await ask('GET', '/api/v1/audit', { token: secret })
    for (const query of [
      `token=${secret}`,
      `Access_Token=x`,
      `auth=x`,
      `x=${secret}`,
      `${secret}`,
      `x=Bearer%20${secret}`,
    ]) {
      const refused = await app.ask('GET', `/api/v1/apps?${query}`, { token: secret })
      assert.deepEqual([refused.status, refused.json.code], [400, 'request.token_in_query'], query)
      answers.push(refused)
    }
    await ask('DELETE', `/api/v1/tokens/${secret}`, { token: admin })
    await ask('GET', `/${secret}`)
    await ask('DELETE', `/api/v1/tokens/${created.json.token.id}`, { token: admin })
    await ask('GET', '/api/v1/whoami', { token: secret })
    const hidden = secret.slice(16)
    for (const answer of answers)
      assert.ok(!answer.text.includes(hidden) && ![...answer.headers].flat().join().includes(hidden), answer.text)
    assert.ok(lines.length > 10)
    for (const line of lines) assert.ok(!line.includes(hidden) && !line.includes(admin.slice(16)), line)
    const names = await readdir(app.folder, { recursive: true, withFileTypes: true })
    const files = names.filter((entry) => entry.isFile())
    assert.ok(files.some((entry) => entry.name.endsWith('-wal')))
    for (const entry of files) {
      const text = new TextDecoder('latin1').decode(await readFile(join(entry.parentPath, entry.name)))
      assert.ok(!text.includes(hidden) && !text.includes(admin.slice(16)), entry.name)
    }
  } finally {
    await app.close()
  }
})
