import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApk } from '../../test/fixtures/build-apk.ts'
import { buildSigner } from '../../test/fixtures/build-certificate.ts'
import { buildDeb } from '../../test/fixtures/build-deb.ts'
import { buildIpa } from '../../test/fixtures/build-ipa.ts'
import { buildPeWithVersion, signPe } from '../../test/fixtures/build-pe.ts'
import { buildPgpSignature, buildRpm } from '../../test/fixtures/build-rpm.ts'
import { offeredFile } from '../../test/helpers/offered-file.ts'
import { fileFacts } from './file-facts.ts'

const RELEASE = { version: '1.4.0', ref: '1.4.0' }

async function facts(bytes: Uint8Array, release: typeof RELEASE | null = RELEASE): Promise<string[]> {
  return fileFacts(await offeredFile(bytes), release).map(({ name, value }) => `${name}: ${value}`)
}

test('what the release says already is not said again of its files', async () => {
  const apk = buildApk({ versionName: '1.4.0', minSdk: 26, targetSdk: 35 })
  const rest = [
    'Package: com.example.notes',
    'Min OS: Android 8.0 (API 26)',
    'Made for: Android 15 (API 35)',
    'Signed: no',
  ]
  assert.deepEqual(await facts(apk), rest)
  assert.deepEqual(await facts(apk, { version: '1.4.0+7', ref: '1.4.0' }), rest)
  assert.deepEqual(await facts(apk, { version: '2.0.0', ref: '2.0.0' }), ['Version: 1.4.0', ...rest])
  assert.deepEqual(await facts(apk, null), ['Version: 1.4.0', ...rest])
  assert.ok(!(await facts(buildApk({ minSdk: 26, targetSdk: 26 }))).some((fact) => fact.startsWith('Made for')))
})

test('an identifier is called as its platform calls it', async () => {
  assert.ok((await facts(buildIpa())).includes('Bundle ID: com.example.notes'))
  assert.deepEqual(await facts(buildDeb()), ['Version: 1.4.0-1', 'Package: notes'], 'it is not called unsigned')
})

test('a time of signing is told where it was verified, and nowhere else', async () => {
  const signer = await buildSigner({ kind: 'rsa' })
  const stamped = await facts(await signPe(buildPeWithVersion(), signer, { timestamp: new Date('2021-01-01') }))
  assert.ok(
    stamped.includes('Signature: authenticode valid, certificate names CN=Example Signer, timestamp of 2021-01-01'),
    stamped.join('\n'),
  )
  const key = Uint8Array.of(0, 17, 34, 51, 68, 85, 102, 119)
  const rpm = await facts(buildRpm({ signatureTags: { 267: buildPgpSignature(key, 1_700_000_000) } }))
  assert.ok(rpm.includes('Signature: openpgp unverified'), rpm.join('\n'))
})
