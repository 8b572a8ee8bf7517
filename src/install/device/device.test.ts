import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AGENTS, chromeAgent, HINTS } from '../../../test/vectors/devices.ts'
import { DEVICE_HINTS, deviceLabel, deviceOf } from './device.ts'

type Asked = Parameters<typeof deviceOf>[1]

function shown(fields: Record<string, string>, asked: Asked = {}): string {
  const { platform, arch, version, packages } = deviceOf(new Headers(fields), asked)
  return [platform, arch, version, packages].map((part) => part ?? '-').join(' ')
}

function labelOf(fields: Record<string, string>, asked: Asked = {}): string | null {
  return deviceLabel(deviceOf(new Headers(fields), asked))
}

const hintsOf = (text: string) =>
  Object.fromEntries(
    (text.match(/"[^"]*"|\S+/g) ?? []).flatMap((value, at) => (value === '-' ? [] : [[DEVICE_HINTS[at]!, value]])),
  )

test('a device is known by what browsers and programs really send', () => {
  assert.ok(AGENTS.length >= 60)
  assert.equal(new Set(AGENTS.map(([, agent]) => agent)).size, AGENTS.length)
  for (const [what, agent, device, label] of AGENTS) {
    assert.equal(shown({ 'User-Agent': agent }), device, what)
    assert.equal(labelOf({ 'User-Agent': agent }), label, what)
    const { source } = deviceOf(new Headers({ 'User-Agent': agent }), {})
    assert.equal(source, label === null ? 'none' : 'agent', what)
  }
  assert.equal(shown({}), '- - - -')
})

test('client hints tell what the user agent of Chromium hides', () => {
  for (const [system, hints, device, label] of HINTS) {
    const fields = { 'User-Agent': chromeAgent(system), ...hintsOf(hints) }
    assert.equal(shown(fields), device, hints)
    assert.equal(labelOf(fields), label, hints)
  }
})

test('what the address asks for beats what the device says, of which only what still holds is kept', () => {
  const arm = { 'User-Agent': chromeAgent('win'), ...hintsOf('"Windows" "arm" "64" "13.0.0"') }
  assert.equal(shown(arm, { platform: 'linux' }), 'linux - - -')
  assert.equal(shown(arm, { platform: 'linux', arch: 'arm64' }), 'linux arm64 - -')
  assert.equal(shown(arm, { platform: 'windows' }), 'windows arm64 11 -')
  assert.equal(shown(arm, { arch: 'x64' }), 'windows x64 11 -')
  assert.equal(shown(arm, { arch: 'universal' }), 'windows arm64 11 -')
  assert.equal(shown(arm, { platform: 'any', arch: 'any' }), 'windows arm64 11 -')
  assert.equal(shown({}, { arch: 'x64' }), '- - - -')
  const sources = (asked: Asked) => deviceOf(new Headers(arm), asked).source
  assert.deepEqual(
    [{}, { platform: 'any' }, { platform: 'windows' }, { arch: 'x64' }].map((a) => sources(a as Asked)),
    ['hints', 'hints', 'asked', 'asked'],
  )
  assert.equal(labelOf({}, { platform: 'ios' }), 'an iPhone or iPad')
})

test('an agent of any length and content is read in linear time, and never further than its begin', () => {
  const hostile = [
    'Android '.repeat(2000),
    `Mozilla/5.0 (${' '.repeat(10_000)}`,
    `Mozilla/5.0 (Linux; Android ${'1'.repeat(10_000)}`,
    `Mozilla/5.0 (iPhone; CPU iPhone OS ${'1_'.repeat(5000)} like Mac`,
    'Windows NT '.repeat(1000),
    `${'Chrome/1.0.0.'.repeat(1000)}0`,
    'bo'.repeat(5000),
    `Linux ${'armv'.repeat(3000)}`,
    '\x01\x7f\x1b[31m Android 14',
    'ÿ'.repeat(10_000),
  ]
  const began = performance.now()
  for (const agent of hostile) {
    const device = deviceOf(new Headers({ 'User-Agent': agent }), {})
    assert.ok((device.version ?? '').length <= 8, agent.slice(0, 40))
    assert.match(deviceLabel(device) ?? '', /^[\w .-]*$/, agent.slice(0, 40))
  }
  assert.ok(performance.now() - began < 250)
  assert.equal(shown({ 'User-Agent': `${'x'.repeat(2000)} Android 14` }), '- - - -')
  for (const hint of ['"'.repeat(5000), `"${'W'.repeat(5000)}"`, '"Windows";a=1', '?1']) {
    assert.equal(shown({ 'Sec-CH-UA-Platform': hint }), '- - - -')
  }
})
