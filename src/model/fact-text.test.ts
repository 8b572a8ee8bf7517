import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notarizationText, profileText, schemeText, systemText } from './fact-text.ts'
import type { Platform } from './platform.ts'

test('systemText() names a system, and an API level alone where it knows no version for it', () => {
  const cases: [version: string, platform: Platform | undefined, text: string][] = [
    ['1', 'android', 'Android 1.0 (API 1)'],
    ['21', 'android', 'Android 5.0 (API 21)'],
    ['26', 'android', 'Android 8.0 (API 26)'],
    ['32', 'android', 'Android 12L (API 32)'],
    ['36', 'android', 'Android 16 (API 36)'],
    ['37', 'android', 'Android 17 (API 37)'],
    ['38', 'android', 'Android API 38'],
    ['0', 'android', 'Android API 0'],
    ['Tiramisu', 'android', 'Android Tiramisu'],
    ['@0x7f010000', 'android', 'Android @0x7f010000'],
    ['16.0', 'ios', 'iOS 16.0'],
    ['10.8', 'macos', 'macOS 10.8'],
    ['10.0.17763.0', 'windows', 'Windows 10.0.17763.0'],
    ['6.1', 'linux', '6.1'],
    ['6.1', undefined, '6.1'],
  ]
  for (const [version, platform, text] of cases) assert.equal(systemText(version, platform), text)
})

test('notarizationText() says what was read and no more', () => {
  const text = (notarization?: string) =>
    notarizationText(notarization === undefined ? {} : { facts: { notarization } })
  assert.deepEqual(
    ['stapled', 'none', 'unknown', undefined].map((each) => text(each)),
    ['ticket stapled, unverified', 'no ticket stapled', 'cannot be told', undefined],
  )
})

test('schemeText() and profileText() leave out what is not known', () => {
  assert.equal(schemeText({ scheme: 'apk-v2' }), 'apk-v2')
  assert.equal(schemeText({ scheme: 'apk-v3.1', minOs: '33' }), 'apk-v3.1 (33+)')
  assert.equal(profileText({ type: 'enterprise' }), 'enterprise')
  const profile = { type: 'ad-hoc', name: 'Notes Testers', teamId: 'ABCDE12345', deviceCount: 1 } as const
  assert.equal(
    profileText({ ...profile, expiresAt: '2027-01-02T00:00:00Z', devices: ['00008110-000A1B2C3D4E5F60'] }),
    'ad-hoc "Notes Testers", team ABCDE12345, until 2027-01-02, 1 device',
  )
})
