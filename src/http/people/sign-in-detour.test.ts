import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DistError } from '../../errors.ts'
import type { Route } from '../route.ts'
import { detourOf } from './sign-in-detour.ts'

const HTML = { Accept: 'text/html' }
const stranger = new DistError('access.unauthenticated')
const stale = new DistError('access.reauthentication_required')

const row = (method: Route['method'], path: string, isPersonal?: true) => ({ method, path, isPersonal }) as Route
const asked = (method: string, path: string, headers: Record<string, string> = HTML) =>
  new Request(`https://distd.test${path}`, { method, headers })

test('detourOf() leads browsers from pages of people to signing in, and from forms back to their page', () => {
  const page = row('GET', '/account', true)
  assert.equal(detourOf(stranger, page, asked('GET', '/account?x=1')), '/login?next=%2Faccount%3Fx%3D1')
  assert.equal(detourOf(stranger, page, asked('GET', '/account', { Accept: 'application/json' })), undefined)
  assert.equal(detourOf(stranger, page, asked('GET', '/account', {})), undefined)
  assert.equal(detourOf(new DistError('access.denied'), page, asked('GET', '/account')), undefined)
  // Whoever asks for the bytes of an app may have a token: they are told what is missing.
  assert.equal(detourOf(stranger, row('GET', '/:app/releases/:ref/:file'), asked('GET', '/n/releases/1/a')), undefined)
  assert.equal(detourOf(stranger, undefined, asked('GET', '/account')), undefined)

  const form = row('POST', '/account/password', true)
  const from = (referrer: string) =>
    detourOf(stranger, form, asked('POST', '/account/password', { ...HTML, Referer: referrer }))
  assert.equal(from('https://distd.test/account?done=session'), '/login?next=%2Faccount%3Fdone%3Dsession')
  assert.equal(from('https://evil.test/x'), '/login?next=%2Faccount')
  assert.equal(from('https://distd.test//evil.test'), '/login')
  assert.equal(from('nonsense'), '/login?next=%2Faccount')
})

test('detourOf() leads browsers from a page that wants the password once more to giving it; a form is told', () => {
  const page = row('GET', '/admin/tokens')
  assert.equal(detourOf(stale, page, asked('GET', '/admin/tokens')), '/account/confirm?next=%2Fadmin%2Ftokens')
  assert.equal(detourOf(stale, row('POST', '/admin/tokens'), asked('POST', '/admin/tokens')), undefined)
  assert.equal(detourOf(stale, row('GET', '/api/v1/tokens'), asked('GET', '/api/v1/tokens')), undefined)
  assert.equal(detourOf(stale, page, asked('GET', '/admin/tokens', {})), undefined)
})
