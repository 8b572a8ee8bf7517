import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { buildZip, type ZipMember, type ZipOptions } from '../../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'
import { zipPackageInspector } from './zip-package.ts'

const inspect = (members: readonly ZipMember[], options?: ZipOptions) =>
  zipPackageInspector.inspect(bytesSource(buildZip(members, options)), DEFAULT_LIMITS)
const WHEEL = (...tags: string[]): ZipMember => ({
  name: 'notes_app-1.4.0.dist-info/WHEEL',
  data: `Wheel-Version: 1.0\nRoot-Is-Purelib: false\n${tags.map((tag) => `Tag: cp312-cp312-${tag}\n`).join('')}`,
})
const METADATA = (text: string): ZipMember => ({ name: 'notes_app-1.4.0.dist-info/METADATA', data: text })
const GOOD = METADATA('Metadata-Version: 2.4\nName: Notes.App\nVersion: 1.4.0\n')
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map(({ code, level }) => `${level} ${code}`)

test('zipPackageInspector reads METADATA of a wheel up to the description', async () => {
  const text = [
    'Metadata-Version: 2.4',
    'Name: Notes.App',
    'Version: 1.4.0',
    'Summary: Notes in a terminal',
    'License: long text',
    '        of the licence',
    'License-Expression: MIT OR Apache-2.0',
    'this line is no field',
    'Requires-Python: >=3.10',
    '',
    'Requires-Python: >=4',
  ]
  for (const end of ['\n', '\r\n']) {
    const report = await inspect([WHEEL('any'), METADATA(text.join(end))])
    assert.deepEqual(report, {
      inspection: {
        format: 'wheel',
        platform: 'any',
        arch: 'any',
        identifier: 'Notes.App',
        version: '1.4.0',
        install: 'file',
        facts: {
          summary: 'Notes in a terminal',
          license: 'MIT OR Apache-2.0',
          requiresPython: '>=3.10',
          pythonTags: ['cp312'],
          abiTags: ['cp312'],
          platformTags: ['any'],
        },
      },
      checks: [],
    })
  }
})

test('zipPackageInspector reads the tags of a wheel', async () => {
  const table: [string[], (string | undefined)[]][] = [
    [['manylinux_2_17_x86_64.manylinux2014_x86_64'], ['linux', 'x64']],
    [
      ['manylinux_2_17_aarch64', 'manylinux_2_17_x86_64'],
      ['linux', undefined],
    ],
    [['musllinux_1_2_armv7l'], ['linux', 'arm']],
    [['macosx_11_0_universal2'], ['macos', 'universal']],
    [['win32'], ['windows', 'x86']],
    [['android_21_arm64_v8a'], ['android', undefined]],
    [
      ['win_amd64', 'any'],
      [undefined, undefined],
    ],
    [['solaris_2_11_sparc'], [undefined, undefined]],
    [[], [undefined, undefined]],
  ]
  for (const [tags, expected] of table) {
    const { inspection } = await inspect([WHEEL(...tags), GOOD])
    assert.deepEqual([inspection.platform, inspection.arch], expected, tags.join())
  }
})

test('zipPackageInspector keeps the tags of a wheel, each once', async () => {
  const data = [
    'Tag: py2.py3-none-any',
    'Tag: py3-none-any',
    'Tag: cp312-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64',
    'Tag: no tag',
    'Tag: <b>-x-y',
  ].join('\n')
  const { facts } = (await inspect([{ ...WHEEL('any'), data }, GOOD])).inspection
  assert.deepEqual(facts?.pythonTags, ['py2', 'py3', 'cp312'])
  assert.deepEqual(facts?.abiTags, ['none', 'abi3'])
  assert.deepEqual(facts?.platformTags, ['any', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64'])
  const many = Array.from({ length: 300 }, (_, i) => `macosx_${i}_0_arm64`)
  assert.equal(
    (await inspect([WHEEL(...many), GOOD])).inspection.facts?.platformTags?.toString().split(',').length,
    100,
  )
  assert.equal((await inspect([WHEEL(), GOOD])).inspection.facts, undefined)
})

test('zipPackageInspector takes the field License of a wheel only when it names one', async () => {
  const table: [string, string | undefined][] = [
    ['License: BSD-3-Clause\n', 'BSD-3-Clause'],
    ['License: Copyright (c) 2005\n        All rights reserved.\n', undefined],
    [`License: ${'x'.repeat(101)}\n`, undefined],
    ['License:\n', undefined],
    ['License: MIT\nLicense-Expression: MIT AND BSD-3-Clause\n', 'MIT AND BSD-3-Clause'],
  ]
  for (const [text, expected] of table) {
    const { facts } = (await inspect([WHEEL('any'), METADATA(`Name: notes-app\nVersion: 1.4.0\n${text}`)])).inspection
    assert.equal(facts?.license, expected, text)
  }
})

test('zipPackageInspector tells what installers of wheels would trip over', async () => {
  assert.deepEqual(codes(await inspect([WHEEL('any')])), ['warning wheel.incomplete'])
  assert.equal((await inspect([WHEEL('any')])).inspection.identifier, 'notes_app')
  for (const text of ['Name: other\nVersion: 1.4.0\n', 'Name: notes-app\nVersion: 1.5\n'])
    assert.deepEqual(codes(await inspect([WHEEL('any'), METADATA(text)])), ['warning wheel.name_differs'], text)
  const second = { name: 'other-1.dist-info/WHEEL', data: 'Tag: py3-none-any\n' }
  assert.deepEqual(codes(await inspect([WHEEL('any'), GOOD, second])), ['error wheel.confusion'])
  assert.deepEqual(codes(await inspect([WHEEL('any'), GOOD], { prefix: utf8('#!') })), ['error zip.confusion'])
})
