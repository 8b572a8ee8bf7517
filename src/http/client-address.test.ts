import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAddress } from './client-address.ts'

const PROXIES = ['127.0.0.0/8', '::1', '10.0.0.0/24', 'fd00::/8']

function told(forwarded: string | undefined, peer: string, trustedProxies: readonly string[] = PROXIES): string {
  const request = new Request('http://distd.test/', {
    headers: forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded, Forwarded: 'for=203.0.113.9' },
  })
  return clientAddress({ trustedProxies: [...trustedProxies] }, request, { address: peer, keepOpen: () => undefined })
}

test('nobody who is not a trusted proxy is believed', () => {
  for (const forwarded of [undefined, '198.51.100.1', '198.51.100.1, 127.0.0.1', '::1']) {
    assert.equal(told(forwarded, '192.0.2.7'), '192.0.2.7')
    assert.equal(told(forwarded, '127.0.0.1', []), '127.0.0.1')
  }
})

test('of a chain the last address counts that no trusted proxy has; what a client claims before it does not', () => {
  assert.equal(told('198.51.100.1', '127.0.0.1'), '198.51.100.1')
  assert.equal(told('198.51.100.1, 10.0.0.5', '127.0.0.1'), '198.51.100.1')
  assert.equal(told('8.8.8.8, 127.0.0.1, 198.51.100.1, 10.0.0.5, fd00::2', '::1'), '198.51.100.1')
  assert.equal(told('198.51.100.1, 192.0.2.66', '10.0.0.1'), '192.0.2.66')
  assert.equal(told('::ffff:198.51.100.1', '::ffff:127.0.0.1'), '::ffff:198.51.100.1')
  // All are trusted: the first of them asks.
  assert.equal(told('10.0.0.7, 10.0.0.5', '127.0.0.1'), '10.0.0.7')
  assert.equal(told(undefined, '127.0.0.1'), '127.0.0.1')
})

test('ports and brackets of some proxies are read', () => {
  assert.equal(told('198.51.100.1:4711', '127.0.0.1'), '198.51.100.1')
  assert.equal(told('[2001:db8::1]:4711', '127.0.0.1'), '2001:db8::1')
  assert.equal(told('[2001:db8::1]', '127.0.0.1'), '2001:db8::1')
  assert.equal(told('fe80::1%eth0', '127.0.0.1'), 'fe80::1')
})

test('what is no address ends the chain at whom is known', () => {
  for (const nonsense of [
    '',
    'unknown',
    '_hidden',
    '1.2.3',
    '1.2.3.4.5',
    '010.0.0.1',
    '<script>',
    '1.2.3.4\t5.6.7.8',
  ]) {
    assert.equal(told(`198.51.100.1, ${nonsense}`, '127.0.0.1'), '127.0.0.1', nonsense)
    assert.equal(told(`198.51.100.1, ${nonsense}, 10.0.0.5`, '127.0.0.1'), '10.0.0.5', nonsense)
  }
})

test('a long chain is read from its end, and an address that is cut off is none', () => {
  const long = `${'1.2.3.4, '.repeat(5000)}198.51.100.1, 10.0.0.5`
  assert.equal(told(long, '127.0.0.1'), '198.51.100.1')
  for (let length = 0; length < 12; length++) {
    const trusted = `198.51.100.123, ${'10.0.0.5,'.repeat(200)}${'10.0.0.5'.padStart(8 + length)}`
    assert.equal(told(trusted, '127.0.0.1'), '10.0.0.5')
  }
})
