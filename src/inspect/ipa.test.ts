import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildXmlPlist } from '../../test/fixtures/bplist-writer.ts'
import { buildIpa, type IpaOptions } from '../../test/fixtures/build-ipa.ts'
import { buildFatMacho, buildMacho, CPU_ARM64, CPU_X64 } from '../../test/fixtures/build-program.ts'
import { utf8 } from '../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../bytes/byte-source.ts'
import { inspectArtifact } from './inspect.ts'

const built = (options: IpaOptions) => inspectArtifact(bytesSource(buildIpa(options)))
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

test('inspectArtifact() reads the same facts from an IPA with binary and with XML Info.plist', async () => {
  const binary = await built({
    plist: 'binary',
    bundleId: 'com.example.app',
    version: '2.1',
    build: '77',
    minOs: '17.2',
  })
  const text = await built({ plist: 'xml', bundleId: 'com.example.app', version: '2.1', build: '77', minOs: '17.2' })
  assert.deepEqual(binary, text)
  assert.equal(binary.inspection.identifier, 'com.example.app')
  assert.equal(binary.inspection.version, '2.1')
  assert.equal(binary.inspection.buildNumber, '77')
  assert.equal(binary.inspection.minOs, '17.2')
  assert.equal(binary.inspection.install, 'download')
  assert.deepEqual(binary.checks, [])
})

test('inspectArtifact() reports a simulator build as an error', async () => {
  assert.deepEqual(codes(await built({ simulator: true })), ['error ipa.simulator'])
})

test('inspectArtifact() tells the arch of an IPA from its program, and does not guess without one', async () => {
  const fat = buildFatMacho([
    { cpuType: CPU_X64, bytes: buildMacho({ cpuType: CPU_X64 }) },
    { cpuType: CPU_ARM64, bytes: buildMacho() },
  ])
  assert.equal((await built({ program: fat })).inspection.arch, 'universal')
  assert.equal((await built({})).inspection.arch, 'arm64')
  const script = await built({ program: utf8('#!/bin/sh\n') })
  assert.equal(script.inspection.arch, undefined)
  assert.deepEqual(codes(script), ['warning ipa.no_program'])
})

test('inspectArtifact() refuses an IPA with two applications, without Info.plist values or with a hostile one', async () => {
  const cases: IpaOptions[] = [
    { extra: [{ name: 'Payload/Other.app/Info.plist', data: buildXmlPlist({ CFBundleIdentifier: 'b.c' }) }] },
    { info: { CFBundleIdentifier: '' } },
    { info: { CFBundleIdentifier: 'com.example.\u202eapp' } },
  ]
  for (const options of cases) {
    const report = await built(options)
    assert.deepEqual(report.inspection, { format: 'ipa', platform: 'ios', install: 'download' })
    assert.deepEqual(codes(report), ['error inspect.unreadable'])
  }
})

test('inspectArtifact() reports ZIP confusion and unsafe names in an IPA', async () => {
  const twice = await built({ extra: [{ name: 'Payload/Notes.app/Info.plist', data: buildXmlPlist({}) }] })
  assert.ok(codes(twice).includes('error zip.confusion'))
  const unsafe = await built({ extra: [{ name: 'Payload/../../evil', data: 'x' }] })
  assert.deepEqual(codes(unsafe), ['warning archive.unsafe_name'])
})
