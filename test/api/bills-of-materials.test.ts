import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { buildApk } from '../fixtures/build-apk.ts'
import { createTestApp, draft, type TestApp, upload } from '../helpers/test-app.ts'

let app: TestApp
let token: string

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
  await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
})
after(() => app.close())

const APK = buildApk()
const cycloneDx = (sum: string, inside = '') =>
  `<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata><component type="application"><name>notes</name>
<hashes><hash alg="SHA-256">${sum}</hash></hashes></component></metadata>${inside}</bom>`
const spdx = (sum: string, rest = '') => `SPDXVersion: SPDX-2.3
SPDXID: SPDXRef-DOCUMENT
DocumentNamespace: https://example.com/notes
PackageName: notes
SPDXID: SPDXRef-notes
PackageChecksum: SHA256: ${sum}
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-notes
${rest}`
const SUM = bytesToHex(sha256(APK))
const OTHER_SUM = 'a1'.repeat(32)

/** Publishes files, of whose kind the publisher says nothing, and tells what each describes and its findings. */
async function published(version: string, files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>) {
  const { id } = await draft(app, token, 'notes', { version }, [])
  const path = `/api/v1/apps/notes/releases/${id}`
  for (const [fileName, content] of Object.entries(files)) {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    const uploadId = await upload(app, token, { fileName, bytes })
    const attached = await app.ask('POST', `${path}/artifacts`, { token, body: { uploadId } })
    assert.equal(attached.status, 201, attached.text)
  }
  const answer = await app.ask('POST', `${path}/actions/publish`, { token })
  assert.equal(answer.status, 200, answer.text)
  const told: Record<string, unknown> = {}
  for (const { fileName, describes, checks } of (await app.ask('GET', path, { token })).json.artifacts) {
    const codes = checks.map(({ code }: { code: string }) => code).filter((code: string) => code.startsWith('sbom.'))
    if (fileName !== 'notes.apk') told[fileName] = [describes, ...codes]
  }
  return told
}

test('bills of materials whose kind nobody gave describe the app, and not each other', async () => {
  const json = '{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"name":"notes"}}}'
  assert.deepEqual(
    await published('1.0.0', { 'a.json': json, 'b.spdx': spdx(SUM), 'c.xml': cycloneDx(SUM), 'notes.apk': APK }),
    {
      'a.json': ['notes.apk'],
      'b.spdx': ['notes.apk'],
      'c.xml': ['notes.apk'],
    },
  )
  assert.deepEqual(await published('1.1.0', { 'a.json': json, 'b.json': `${json} ` }), {
    'a.json': [null],
    'b.json': [null],
  })
})

test('bills of materials in XML and tags about another build are linked to nothing', async () => {
  assert.deepEqual(
    await published('2.0.0', { 'b.spdx': spdx(OTHER_SUM), 'c.xml': cycloneDx(OTHER_SUM), 'notes.apk': APK }),
    { 'b.spdx': [null, 'sbom.describes_other'], 'c.xml': [null, 'sbom.describes_other'] },
  )
})

test('bills of materials that are too large to be read are linked to nothing', async () => {
  const large = {
    'a.json': `{"bomFormat":"CycloneDX"${' '.repeat(16 << 20)}}`,
    'b.spdx': spdx(OTHER_SUM, '\n'.repeat(250_000)),
    'c.xml': cycloneDx(OTHER_SUM, ' '.repeat(4 << 20)),
  }
  const unlinked = [null, 'sbom.partly_read']
  assert.deepEqual(await published('3.0.0', { ...large, 'notes.apk': APK }), {
    'a.json': unlinked,
    'b.spdx': unlinked,
    'c.xml': unlinked,
  })
})
