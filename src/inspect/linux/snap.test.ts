import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSquashfs, type SquashfsOptions } from '../../../test/fixtures/build-squashfs.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
const snap = (yaml: string, options?: SquashfsOptions) =>
  inspect(buildSquashfs({ meta: { 'snap.yaml': yaml } }, options))
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

const YAML = `# made by hand
name: notes
title: 'Notes: all of them'
version: "1.4"
summary: Notes in a terminal
description: |
  A longer text: with a colon
  and two lines.
architectures:
- amd64
base: core22
confinement: strict
grade: stable
apps:
  notes:
    command: bin/notes
`

test('a snap tells what its snap.yaml says', async () => {
  for (const compression of ['gzip', 'xz', 'zstd', 'none'] as const) {
    assert.deepEqual(await snap(YAML, { compression }), {
      inspection: {
        format: 'snap',
        platform: 'linux',
        arch: 'x64',
        identifier: 'notes',
        name: 'Notes: all of them',
        version: '1.4',
        install: 'file',
        facts: { summary: 'Notes in a terminal', base: 'core22', confinement: 'strict', grade: 'stable' },
      },
      checks: [],
    })
  }
})

test('the CPU of a snap is told when it is one', async () => {
  const arch = async (lines: string) => (await snap(`name: notes\n${lines}`)).inspection.arch
  assert.equal(await arch(''), 'any')
  assert.equal(await arch('architectures: [all]\n'), 'any')
  assert.equal(await arch('architectures: [ "arm64" ]\n'), 'arm64')
  assert.equal(await arch('architectures: [amd64, arm64]\n'), undefined)
  assert.equal(await arch('architectures:\n  - riscv64\n'), 'riscv64')
})

test('a snap.yaml that cannot be read is told and no error', async () => {
  for (const yaml of ['', 'version: 1\n', 'name: *alias\n', 'name: a\nname: b\n', '{name: notes}\n', '\u0001\n']) {
    const report = await snap(yaml)
    assert.deepEqual([report.inspection.format, codes(report)], ['snap', ['info snap.unread']], yaml)
  }
  const lzo = await snap(YAML, { compression: 'lzo' })
  assert.deepEqual([lzo.inspection.format, codes(lzo)], ['snap', ['info snap.unread']])
})

test('another squashfs image is no snap, and one that is cut off is unreadable', async () => {
  assert.deepEqual(await inspect(buildSquashfs({ etc: { hostname: 'router\n' } })), {
    inspection: { format: 'file', install: 'file' },
    checks: [],
  })
  const image = buildSquashfs({ meta: { 'snap.yaml': YAML } })
  const cut = await inspect(image.subarray(0, 300))
  assert.deepEqual([cut.inspection.format, codes(cut)], ['snap', ['error inspect.unreadable']])
})
