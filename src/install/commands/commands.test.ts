import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Format, Platform } from '../../model/platform.ts'
import type { OfferedFile } from '../offered.ts'
import { commandsOf, installersOf } from './commands.ts'

const scene = {
  app: { slug: 'notes', name: 'Notes' },
  release: { version: '1.2.0', ref: '1.2.0' },
  baseUrl: 'https://apps.test',
  scripts: '/notes/stable',
  needsToken: false,
  isByLink: false,
}
const SHA = '0123456789abcdef'.repeat(4)

function file(platform: Platform, format: Format, fileName: string, more: Partial<OfferedFile> = {}): OfferedFile {
  return {
    fileName,
    platform,
    arch: 'x64',
    format,
    sizeBytes: 1,
    digest: `sha256:${SHA}`,
    inspection: { format },
    checks: [],
    url: `/notes/releases/1.2.0/${encodeURIComponent(fileName)}`,
    ...more,
  }
}
const textOf = (...given: Parameters<typeof file>) => commandsOf(file(...given), scene)[0]?.text

test('commandsOf fetches by the permanent URL, checks, and only then installs', () => {
  const url = 'https://apps.test/notes/releases/1.2.0'
  assert.deepEqual(commandsOf(file('linux', 'deb', 'notes.deb'), scene), [
    {
      label: 'Terminal on Linux',
      text: `curl -fLo notes.deb ${url}/notes.deb && echo '${SHA}  notes.deb' | sha256sum -c - && sudo apt install ./notes.deb`,
      note: null,
    },
  ])
  assert.equal(
    textOf('macos', 'pkg', 'My App.pkg'),
    `curl -fLo 'My App.pkg' ${url}/My%20App.pkg && echo '${SHA}  My App.pkg' | shasum -a 256 -c - && sudo installer -pkg './My App.pkg' -target /`,
  )
  assert.equal(
    textOf('windows', 'msi', "it's ’x.msi"),
    `Invoke-WebRequest -UseBasicParsing 'https://apps.test/notes/releases/1.2.0/it''s%20%E2%80%99x.msi' -OutFile '.\\it''s ’’x.msi'; if ((Get-FileHash '.\\it''s ’’x.msi').Hash -eq '${SHA}') { msiexec /i '.\\it''s ’’x.msi' } else { throw 'Other bytes than those of the release' }`,
  )
  for (const [platform, format, end] of [
    ['android', 'apk', 'adb install -r ./x'],
    ['linux', 'rpm', 'sudo dnf install ./x'],
    ['linux', 'appimage', 'chmod +x ./x'],
    ['linux', 'tar.gz', 'tar -xzf ./x'],
    ['linux', 'snap', 'sudo snap install --dangerous ./x'],
    ['linux', 'flatpak', 'flatpak install --user ./x'],
    ['any', 'npm', 'npm install -g ./x'],
    ['any', 'wheel', 'python3 -m pip install ./x'],
  ] as const) {
    assert.ok(textOf(platform, format, 'x')?.endsWith(` -c - && ${end}`), format)
  }
})

test('commandsOf gives a token by standard input, and nothing to whoever came by a link', () => {
  const deb = file('linux', 'deb', 'notes.deb')
  const [command] = commandsOf(deb, { ...scene, needsToken: true })
  assert.ok(
    command?.text.startsWith(`printf 'header = "Authorization: Bearer %s"' "$DIST_TOKEN" | curl -K - -fo notes.deb`),
  )
  assert.match(command?.note ?? '', /DIST_TOKEN/)
  assert.deepEqual(commandsOf(deb, { ...scene, needsToken: true, isByLink: true }), [])
  assert.deepEqual(installersOf([deb], { ...scene, needsToken: true, isByLink: true }), [])
})

test('commandsOf says nothing of what no command installs, nor of names that a command could not carry', () => {
  for (const [platform, format] of [
    ['ios', 'ipa'],
    ['android', 'aab'],
    ['linux', 'oci'],
    ['any', 'sbom'],
  ] as const)
    assert.equal(textOf(platform, format, 'x'), undefined)
  for (const name of ['../x.deb', '-x.deb', 'a\nb.deb', 'a\\b.deb', '.x.deb'])
    assert.equal(textOf('linux', 'deb', name), undefined)
  assert.equal(textOf('windows', 'msi', 'a[1].msi'), undefined)
})

test('installersOf names the systems that a script has something for, and none other', () => {
  const [linux, mac, windows] = [
    file('linux', 'tar.gz', 'a.tar.gz'),
    file('macos', 'dmg', 'a.dmg'),
    file('windows', 'zip', 'a.zip'),
  ]
  const labels = (...files: OfferedFile[]) => installersOf(files, scene).map(({ label }) => label)
  assert.deepEqual(labels(linux, mac, windows), ['Terminal on Linux and macOS', 'PowerShell'])
  assert.deepEqual(labels(mac), ['Terminal on macOS'])
  assert.deepEqual(labels(file('android', 'apk', 'a.apk'), file('any', 'tar.gz', 'a.tar.gz')), [])
  assert.deepEqual(labels(file('linux', 'tar.gz', 'Notes.AppImage.tar.gz')), [])
  assert.deepEqual(installersOf([linux], { ...scene, scripts: null }), [])
  assert.deepEqual(installersOf([linux, windows], scene), [
    { label: 'Terminal on Linux', text: 'curl -fsSL https://apps.test/notes/stable/install.sh | sh', note: null },
    { label: 'PowerShell', text: 'irm https://apps.test/notes/stable/install.ps1 | iex', note: null },
  ])
})

test('installersOf warns of plain http, except on this machine itself', () => {
  const noteAt = (baseUrl: string) => installersOf([file('linux', 'deb', 'a.deb')], { ...scene, baseUrl })[0]?.note
  assert.match(noteAt('http://apps.lan:8080') ?? '', /without encryption/)
  for (const url of ['http://127.0.0.1:8080', 'http://localhost', 'http://[::1]:1', 'https://apps.lan'])
    assert.equal(noteAt(url), null)
})
