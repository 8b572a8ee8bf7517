import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { shareOf } from '../../test/helpers/share-cookie.ts'
import { createTestApp, draft, release, type TestApp } from '../../test/helpers/test-app.ts'
import { textFile } from '../../test/helpers/text-file.ts'
import { toBase64Url } from '../bytes/encoding.ts'
import type { ReleaseId } from '../model/ids.ts'
import { createGrant, GRANT_MS, type GrantInput, hasGrant, readGrant, redactGrants } from './grants.ts'
import { hasShareGrant } from './shares.ts'
import { type Purpose, signText } from './signed-text.ts'

const FILE = 'Nötes 1.0 (beta).ipa'

let app: TestApp
let token: string
let releaseId: ReleaseId
before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
  for (const slug of ['notes', 'hidden']) {
    const visibility = slug === 'hidden' ? 'private' : 'public'
    await app.ask('POST', '/api/v1/apps', { token, body: { slug, visibility } })
  }
  releaseId = (await release(app, token, 'notes', { version: '1.0.0' }, [textFile('one')])).id
})
after(() => app.close())

const grantOf = (more: Partial<GrantInput> = {}) =>
  createGrant(app.deps, { releaseId, file: FILE, basis: 'right', ...more })
const read = (grant: string, file = FILE) => readGrant(app.deps, grant, file)

/** The text that a grant signs. */
const signedOf = (grant: string) => grant.slice(0, grant.lastIndexOf('.'))

/** A text signed by this server for some purpose. */
const signed = (text: string, purpose: Purpose = 'grant') => signText(app.deps.signingKey, purpose, text)

test('a grant opens one file of one release, by whatever name the file has', () => {
  assert.deepEqual(read(grantOf()), { slug: 'notes', ref: '1.0.0', file: FILE, basis: 'right', share: null })
  for (const file of ['manifest.plist', 'icon.png', 'a', 'x'.repeat(200), `${'\u{1f4f1}'.repeat(49)}.ipa`]) {
    const grant = grantOf({ file })
    assert.equal(read(grant, file)?.file, file)
    assert.ok(grant.length <= 512 && hasGrant(grant), file)
    for (const other of [FILE, `${file}x`, file.slice(0, -1), file.toUpperCase(), '']) {
      if (other !== file) assert.equal(read(grant, other), undefined, `${file} opens ${other}`)
    }
  }
})

test('a grant of what belongs to one file opens it for no other, and not without saying which', () => {
  const readOf = (grant: string, of: string | null) => readGrant(app.deps, grant, 'manifest.plist', of)?.file
  const one = grantOf({ file: 'manifest.plist', of: FILE })
  assert.equal(readOf(one, FILE), 'manifest.plist')
  for (const other of [null, '', 'other.ipa', `${FILE}/`]) assert.equal(readOf(one, other), undefined, String(other))
  assert.equal(read(one, FILE), undefined, 'the file itself is another address')
  const whole = grantOf({ file: 'manifest.plist' })
  assert.deepEqual(
    [readOf(whole, null), readOf(whole, FILE), readOf(whole, '')],
    ['manifest.plist', undefined, undefined],
  )
  const longest = grantOf({ file: 'manifest.plist', of: 'x'.repeat(200) })
  assert.ok(longest.length <= 512 && hasGrant(longest) && !hasGrant(redactGrants(longest)))
})

test('it ends an hour after it was made, at the very second', async () => {
  const grant = grantOf()
  const madeAt = app.clock.now()
  const end = Math.floor((madeAt + GRANT_MS) / 1000) * 1000
  await app.clock.advance(end - madeAt - 1)
  assert.ok(read(grant))
  await app.clock.advance(1)
  assert.equal(read(grant), undefined)
})

test('nothing but what this server signed for this purpose is a grant', () => {
  const grant = grantOf()
  const text = signedOf(grant)
  const mac = grant.slice(text.length + 1)
  const [id, basis, end, name] = text.split('.') as [string, string, string, string]
  const later = (Number.parseInt(end, 36) + 60).toString(36)
  const other = '0'.repeat(26)
  assert.ok(read(signed(text)), 'what it is made of')
  const forged = [
    '',
    '.',
    text,
    mac,
    `${text}.`,
    `.${mac}`,
    `${text}.${mac.slice(0, -1)}`,
    `${text}.${mac}A`,
    `${text}.${mac}=`,
    // The last character has two bits that stand for nothing: the same bytes by another text.
    ...'AEIMQUYcgkosw048'.split('').flatMap((last) => {
      const changed = mac.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1)
      return changed === mac ? [] : [`${text}.${changed}`]
    }),
    `${text}.${mac.replaceAll('-', '+').replaceAll('_', '/')}=`,
    `${id}.${basis}.${later}.${name}.${mac}`,
    `${id}.visibility.${end}.${name}.${mac}`,
    `rel_${other}.${basis}.${end}.${name}.${mac}`,
    `${id}.${basis}.${end}.${toBase64Url(new TextEncoder().encode('other.ipa'))}.${mac}`,
    signed(text, 'share'),
    signed(text, 'device'),
    // Signed, and still none.
    signed(`${id}.${basis}.${end}`),
    signed(`${id}.${end}.${name}`),
    signed(`${id}..${end}.${name}`),
    signed(`${id}.everybody.${end}.${name}`),
    signed(`${id}.${basis}..${name}`),
    signed(`${id}.${basis}.%.${name}`),
    signed(`${id}.${basis}.-${end}.${name}`),
    signed(`${id}.shr_${other}.${end}.${name}`),
    signed(`rel_${other}.${basis}.${end}.${name}`),
    signed(`tok_${other}.${basis}.${end}.${name}`),
    signed(`${id}.${basis}.${end}.${name}=`),
    signed(`${id}.${basis}.${end}.${'A'.repeat(600)}`),
    'x'.repeat(100_000),
    '.'.repeat(10_000),
  ]
  for (const one of forged) assert.equal(read(one), undefined, one.slice(0, 200))
})

test('a key of another server signs nothing here', () => {
  const deps = { ...app.deps, signingKey: new Uint8Array(32) }
  assert.equal(read(createGrant(deps, { releaseId, file: FILE, basis: 'right' })), undefined)
})

test('it ends with its release: discarded, purged, or still a draft', async () => {
  const act = (id: string, action: string, body?: object) =>
    app.ask('POST', `/api/v1/apps/notes/releases/${id}/actions/${action}`, { token, body })
  const { id } = await draft(app, token, 'notes', { version: '2.0.0' }, [textFile('two')])
  const grant = grantOf({ releaseId: id })
  assert.equal(read(grant), undefined, 'a draft')
  assert.equal((await act(id, 'publish')).status, 200)
  assert.equal(read(grant)?.ref, '2.0.0', 'not announced, and found by its address')
  assert.equal((await act(id, 'discard')).status, 204)
  assert.equal(read(grant), undefined, 'discarded')

  const again = await release(app, token, 'notes', { version: '2.0.0' }, [textFile('two again')])
  assert.equal(read(grant), undefined, 'another release has its ref now')
  const second = grantOf({ releaseId: again.id })
  assert.equal((await act('2.0.0', 'yank', { reason: 'broken' })).status, 200)
  assert.ok(read(second), 'yanked: exact addresses still serve')
  assert.equal((await act('2.0.0', 'purge', { reason: 'gone' })).status, 200)
  assert.equal(read(second), undefined, 'purged')
})

test('what visibility gave ends with it; what a right gave does not', async () => {
  const open = grantOf({ basis: 'visibility' })
  const own = grantOf({ basis: 'right' })
  const show = async (visibility: string) => {
    const changed = await app.ask('PATCH', '/api/v1/apps/notes', { token, body: { visibility } })
    assert.equal(changed.status, 200, changed.text)
  }
  await show('unlisted')
  assert.ok(read(open))
  await show('private')
  assert.equal(read(open), undefined)
  assert.ok(read(own))
  await show('public')
  assert.ok(read(open))
})

test('what a share link gave ends with the link, and says whose it is', async () => {
  const share = await shareOf(app.deps, { app: 'notes', release: '1.0.0' })
  const lifeMs = 30 * 86_400_000
  await app.clock.advance(lifeMs - GRANT_MS / 2)
  const grant = grantOf({ basis: share.id })
  assert.equal(read(grant)?.share?.id, share.id)
  await app.clock.advance(GRANT_MS / 2 - 1)
  assert.ok(read(grant))
  await app.clock.advance(1)
  assert.equal(read(grant), undefined, 'expired')

  const other = await shareOf(app.deps, { app: 'notes', release: '1.0.0' })
  const second = grantOf({ basis: other.id })
  assert.ok(read(second))
  const revoked = await app.ask('DELETE', `/api/v1/shares/${other.id}`, { token })
  assert.ok(revoked.status < 300, revoked.text)
  assert.equal(read(second), undefined, 'revoked')
})

test('logs keep of a grant whose it was, and nothing that opens anything', async () => {
  const share = await shareOf(app.deps, { app: 'notes', release: '1.0.0' })
  for (const basis of ['visibility', 'right', share.id] as const) {
    const grant = grantOf({ basis })
    const line = `GET /notes/releases/1.0.0/${grant}?x=%3D${grant}`
    const kept = redactGrants(line)
    assert.ok(hasGrant(line) && !hasGrant(kept), kept)
    assert.ok(!kept.includes(grant.slice(-43)) && kept.includes(`${releaseId}.${basis}…`), kept)
    assert.ok(!hasShareGrant(grant), 'it is taken for no share link, which may stand in no query')
  }
  assert.equal(redactGrants('/notes/releases/1.0.0/rel_1.right'), '/notes/releases/1.0.0/rel_1.right')
})
