import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INSPECTOR_SUBJECTS } from '../../test/suites/inspector-subjects.ts'
import type { Format } from '../model/platform.ts'
import { nameChecks } from './name-checks.ts'

const codes = (fileName: string, format: Format, codes: string[] = []) =>
  nameChecks(fileName, {
    inspection: { format },
    checks: codes.map((code) => ({ code, level: 'error', message: 'x' })),
  }).map(({ level, code }) => `${level} ${code}`)

const DIFFERS = ['warning artifact.name_differs']

test('nameChecks() warns when a name promises a format that the bytes are not', () => {
  const vectors: [string, Format][] = [
    ['lib.apk', 'zip'],
    ['alpine.apk', 'tar.gz'],
    ['notes.aab', 'apk'],
    ['setup.EXE', 'msi'],
    ['n.dmg', 'file'],
    ['Notes 1.0.pkg', 'zip'],
    ['Notes-x86_64.AppImage', 'elf'],
    ['Sun.pkg', 'file'],
    ['notes.tgz', 'tar.xz'],
    ['notes-1.0.whl', 'zip'],
    ['notes.zip', 'tar.gz'],
    ['notes.zip', 'exe'],
  ]
  for (const [fileName, format] of vectors) assert.deepEqual(codes(fileName, format), DIFFERS, fileName)
  const [check] = nameChecks('app.apk', { inspection: { format: 'zip' }, checks: [] })
  assert.equal(check?.message, 'The name ends with ".apk", and the bytes are something else: the format zip')
})

test('nameChecks() refuses bytes of no format under a name that promises one', () => {
  for (const fileName of ['app.apk', 'setup.EXE', 'notes.tar.gz', '.deb', 'notes.zip', 'n.ipa'])
    assert.deepEqual(codes(fileName, 'file'), ['error artifact.name_differs'], fileName)
})

test('nameChecks() lets names be plainer than the bytes, or say nothing', () => {
  const vectors: [string, Format][] = [
    ['Notes.zip', 'app-zip'],
    ['notes.zip', 'apk'],
    ['notes-1.0.tgz', 'npm'],
    ['notes.tar.gz', 'npm'],
    ['notes.dll', 'pe'],
    ['driver.exe', 'pe'],
    ['notes.appx', 'msix'],
    ['notes.appxbundle', 'msixbundle'],
    ['notes.xapk', 'apks'],
    ['NOTES.APK', 'apk'],
    ['notes.app', 'file'],
    ['notes.apk.sig', 'file'],
    ['notes.gz', 'file'],
    ['apk', 'file'],
    ['zip', 'file'],
    ['notes', 'elf'],
    ['constructor.constructor', 'file'],
  ]
  for (const [fileName, format] of vectors) assert.deepEqual(codes(fileName, format), [], fileName)
})

test('nameChecks() guesses nothing about bytes that could not be read', () => {
  assert.deepEqual(codes('notes.apk', 'zip', ['inspect.unreadable']), [])
  assert.deepEqual(codes('notes.apk', 'file', ['inspect.limit']), [])
  assert.deepEqual(codes('notes.apk', 'zip', ['zip.confusion']), DIFFERS)
})

test('nameChecks() knows what files of every format are called', () => {
  for (const { expected } of INSPECTOR_SUBJECTS) {
    const { format } = expected
    const ending = { 'app-zip': 'zip', npm: 'tgz', wheel: 'whl', elf: '', macho: '', sbom: 'json' }[format as string]
    assert.deepEqual(codes(`notes.${ending ?? format}`, format), [], format)
  }
})
