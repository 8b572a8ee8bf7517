import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection } from '../model/inspection.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'
import { hasOrphans, successionChecks } from './succession.ts'

const OLD = 'a'.repeat(64)
const NEW = 'b'.repeat(64)

function apk(
  versionCode: string,
  options: { signer?: string; lineage?: string[]; arch?: ArtifactRecord['arch']; digest?: string } = {},
) {
  const { signer = OLD, lineage, arch = 'any', digest = `sha256:${versionCode.padStart(64, '0')}` } = options
  const inspection: Inspection = {
    format: 'apk',
    identifier: 'com.example.notes',
    buildNumber: versionCode,
    signatures: [{ scheme: 'apk-v3', state: 'valid', certificateSha256: signer, ...(lineage ? { lineage } : {}) }],
  }
  return artifact('notes.apk', 'android', arch, digest, inspection)
}

function artifact(
  fileName: string,
  platform: ArtifactRecord['platform'],
  arch: ArtifactRecord['arch'],
  digest: string,
  inspection: Inspection,
): ArtifactRecord {
  return {
    id: 'art_0',
    fileName,
    kind: 'app',
    platform,
    arch,
    format: inspection.format,
    variant: null,
    sizeBytes: 1,
    digest,
    describes: null,
    install: { mode: 'file' },
    inspection,
    checks: [],
    createdAt: '2026-01-01T00:00:00.000Z',
  }
}

const codes = (before: ArtifactRecord[], after: ArtifactRecord[]) =>
  successionChecks([before], after).map(({ level, code }) => `${level} ${code}`)

test('an APK of the same signer with a higher version code is an update', () => {
  assert.deepEqual(codes([apk('7')], [apk('8')]), [])
  assert.deepEqual(codes([apk('7')], [apk('8', { signer: NEW, lineage: [OLD] })]), [])
  assert.deepEqual(codes([apk('9')], [apk('10')]), [], 'numbers, not texts')
})

test('another signer is told, with what the platform makes of it', () => {
  const [check] = successionChecks([[apk('7')]], [apk('8', { signer: NEW })])
  assert.equal(check?.code, 'artifact.signer_changed')
  assert.equal(check.fileName, 'notes.apk')
  assert.equal(
    check.message,
    `What the channel held is signed by "${OLD}", this file is signed by "${NEW}": Android refuses it as an update`,
  )
  const unsigned = { ...apk('8'), inspection: { ...apk('8').inspection, signatures: [] } }
  assert.match(successionChecks([[apk('7')]], [unsigned])[0]?.message ?? '', /has no signature that holds/)
})

test('a version code that does not grow is told, per CPU where there are several builds', () => {
  assert.deepEqual(codes([apk('8')], [apk('7')]), ['warning artifact.version_code_not_growing'])
  assert.deepEqual(codes([apk('8')], [apk('8', { digest: `sha256:${NEW}` })]), [
    'warning artifact.version_code_not_growing',
  ])
  const before = [apk('17', { arch: 'arm' }), apk('27', { arch: 'arm64' })]
  assert.deepEqual(codes(before, [apk('18', { arch: 'arm' }), apk('28', { arch: 'arm64' })]), [])
  assert.deepEqual(codes(before, [apk('18')]), ['warning artifact.version_code_not_growing'])
})

test('the same bytes, another product and a first release have nothing to succeed', () => {
  assert.deepEqual(codes([apk('8')], [apk('8')]), [])
  const other = {
    ...apk('1', { signer: NEW }),
    inspection: { ...apk('1').inspection, identifier: 'com.example.other' },
  }
  assert.deepEqual(codes([apk('8')], [other]), [])
  assert.deepEqual(codes([], [apk('8')]), [])
})

test('a Windows program keeps its publisher through a renewed certificate', () => {
  const exe = (digest: string, signer: string, certificateSha256: string) =>
    artifact('setup.exe', 'windows', 'x64', digest, {
      format: 'exe',
      signatures: [{ scheme: 'authenticode', state: 'valid', signer, certificateSha256 }],
    })
  const before = [exe('sha256:1', 'CN=Acme', OLD)]
  assert.deepEqual(codes(before, [exe('sha256:2', 'CN=Acme', NEW)]), [])
  assert.deepEqual(codes(before, [exe('sha256:2', 'CN=Other', NEW)]), ['warning artifact.signer_changed'])
})

test('a file succeeds the newest release that has its product', () => {
  const notes = artifact('notes.tar.gz', 'linux', 'x64', 'sha256:1', { format: 'tar.gz' })
  const foreign = apk('8', { signer: NEW })
  const found = (...held: ArtifactRecord[][]) => successionChecks(held, [foreign]).map(({ code }) => code)
  assert.deepEqual(found([notes]), [])
  assert.deepEqual(found([notes], [notes], [apk('7')]), ['artifact.signer_changed'])
  assert.deepEqual(found([notes], [apk('7', { signer: NEW })], [apk('6')]), [])
  assert.equal(hasOrphans([[notes]], [foreign]), true)
  assert.equal(hasOrphans([[apk('7')]], [foreign]), false)
  assert.equal(hasOrphans([[notes]], [notes]), false, 'nothing to ask about it')
})

test('the version code of an app bundle has to grow as well', () => {
  const aab = (versionCode: string) => {
    const { inspection, ...rest } = apk(versionCode)
    return { ...rest, fileName: 'notes.aab', inspection: { ...inspection, format: 'aab' as const } }
  }
  assert.deepEqual(codes([aab('5')], [aab('3')]), ['warning artifact.version_code_not_growing'])
  assert.match(successionChecks([[aab('5')]], [aab('3')])[0]?.message ?? '', /a store refuses it$/)
  assert.deepEqual(codes([aab('5')], [aab('6')]), [])
})
