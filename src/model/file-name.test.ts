import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FileName, fileNameKey, fileNameProblem } from './file-name.ts'

test('fileNameProblem() allows the names that builds have', () => {
  for (const name of [
    'app-release.apk',
    'notes_1.4.0_amd64.deb',
    'My App (1).dmg',
    '\u65e5\u672c\u8a9e.zip',
    'caf\u00e9.tar.gz',
    'a',
    "it's+ok,&=@!.bin",
    'COM10.txt',
    'console.txt',
  ]) {
    assert.equal(fileNameProblem(name), undefined, name)
  }
})

test('fileNameProblem() refuses what is a path, a device, a control, a twin or a word of URLs', () => {
  const bad = [
    '',
    '.',
    '..',
    '../x',
    '/etc/passwd',
    'a/b',
    'a\\b',
    '..\\x',
    'C:\\x',
    'C:x',
    '\\\\host\\share',
    '..%2f',
    '%2e%2e',
    '%2f%2f',
    'a\0b',
    'a\nb',
    'a\r\nX: y',
    'a\x7f',
    'a"b',
    'a<b',
    'a>b',
    'a|b',
    'a?b',
    'a*b',
    'a;b',
    'a#b',
    '.htaccess',
    '-rf',
    '~x',
    ' x',
    'x ',
    'x.',
    'x\u00a0',
    '\u3000x',
    'CON',
    'con',
    'con.txt',
    'NUL.tar.gz',
    'COM1',
    'com\u00b9.txt',
    'LPT9.x',
    'aux',
    'prn.',
    'gpj\u202eexe.apk',
    'a\u200fb',
    'cafe\u0301.zip',
    '\ud800.zip',
    'download',
    'update',
    'QR.svg',
    'sha256.sum',
    'manifest.plist',
    'install.sh',
    'install.ps1',
    'Icon.PNG',
    'x'.repeat(201),
    '\u6f22'.repeat(67),
    'x'.repeat(300),
  ]
  for (const name of bad) assert.notEqual(fileNameProblem(name), undefined, JSON.stringify(name))
  assert.equal(fileNameProblem('x'.repeat(200)), undefined)
})

test('fileNameProblem() refuses what nobody sees, by its code point, and keeps what letters and emoji need', () => {
  for (const invisible of ['\u2028', '\u2029', '\u200b', '\u2060', '\ufeff']) {
    const code = `U+${invisible.charCodeAt(0).toString(16).toUpperCase()}`
    assert.equal(fileNameProblem(`app${invisible}.apk`), `it has invisible characters (${code})`)
    assert.equal(fileNameProblem(`${invisible}app.apk`), `it has invisible characters (${code})`)
  }
  assert.match(fileNameProblem('gpj\u202eexe.apk') ?? '', /\(U\+202E\)$/)
  assert.match(fileNameProblem('a\nb') ?? '', /\(U\+000A\)$/)
  for (const name of [
    '\u{1f469}\u200d\u{1f467}.png',
    '\u2764\ufe0f.zip',
    '\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.zip',
  ])
    assert.equal(fileNameProblem(name), undefined, name)
})

test('FileName says why in a sentence', () => {
  const result = FileName.safeParse('a/b')
  assert.match(result.error!.issues[0]!.message, /^is not allowed: it has one of/)
})

test('fileNameKey() is the same for case twins', () => {
  assert.equal(fileNameKey('Notes.APK'), fileNameKey('notes.apk'))
  assert.equal(fileNameKey('\u00c9.zip'), fileNameKey('\u00e9.zip'))
  assert.notEqual(fileNameKey('notes.apk'), fileNameKey('notes2.apk'))
})

test('an allowed name is one plain segment of a URL, a folder and a header', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 20 })),
      (name) => {
        if (fileNameProblem(name) !== undefined) return
        const url = new URL(`http://h/a/${encodeURIComponent(name)}`)
        assert.equal(url.pathname.split('/').length, 3)
        assert.equal(decodeURIComponent(url.pathname.slice(3)), name)
        assert.ok(!/["\\\r\n\0/]/.test(name))
      },
    ),
    { numRuns: 2000 },
  )
})
