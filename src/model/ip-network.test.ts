import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInNetworks, parseIpNetwork } from './ip-network.ts'

const networksOf = (text: string) => text.split(' ').map((part) => parseIpNetwork(part) ?? assert.fail(part))

test('isInNetworks() knows the first and the last address of a block, and none beside it', () => {
  const table: [networks: string, inside: string, outside: string][] = [
    ['10.0.0.0/8', '10.0.0.0 10.255.255.255 ::ffff:10.1.2.3', '9.255.255.255 11.0.0.0 ::10.1.2.3 a00::'],
    ['192.168.4.0/22', '192.168.4.0 192.168.7.255', '192.168.3.255 192.168.8.0'],
    ['172.16.0.0/12', '172.16.0.1 172.31.255.255', '172.15.255.255 172.32.0.0'],
    ['127.0.0.1', '127.0.0.1 ::ffff:127.0.0.1 ::ffff:7f00:1', '127.0.0.2 ::1'],
    ['127.0.0.1/32', '127.0.0.1', '127.0.0.0'],
    ['0.0.0.0/0', '0.0.0.0 255.255.255.255', ':: ::1'],
    ['fd00::/8', 'fd00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fc00:: fe00::'],
    ['2001:db8::/33', '2001:db8:7fff:: 2001:DB8::1', '2001:db8:8000::'],
    ['::1', '::1 0:0:0:0:0:0:0:1', '::2 127.0.0.1'],
    ['fe80::/10', 'fe80::1%eth0 febf::1', 'fec0::1'],
    ['::/0', '::1 2001:db8::1', '127.0.0.1'],
    ['::1 10.0.0.0/8', '::1 10.9.9.9', '11.0.0.1'],
  ]
  for (const [networks, inside, outside] of table) {
    for (const address of inside.split(' '))
      assert.ok(isInNetworks(networksOf(networks), address), `${address} in ${networks}`)
    for (const address of outside.split(' '))
      assert.ok(!isInNetworks(networksOf(networks), address), `${address} not in ${networks}`)
  }
})

test('isInNetworks() finds text that is no address in no block, and nothing in no blocks', () => {
  for (const text of ['', 'localhost', '1.2.3', '10.0.0.0/8', 'fe80::1/10']) {
    assert.ok(!isInNetworks(networksOf('0.0.0.0/0 ::/0'), text), text)
  }
  assert.ok(!isInNetworks([], '127.0.0.1'))
})

test('parseIpNetwork() takes no text that two programs may read differently', () => {
  for (const text of [
    ...['', 'foo', 'proxy.example', '1.2.3', '1.2.3.4.5', '256.0.0.1', '010.0.0.1', '1.2.3.4 ', '0x7f.1'],
    ...['10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/255.0.0.0'],
    ...['10.1.2.3/8', '192.168.5.0/22', 'fd00::1/8', '2001:db8:8000::/32', '::1/127'],
    ...[':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', '::12345', '::g', '[::1]'],
    ...['1.2.3.4::', '::1.2.3', '::/129', '*'],
  ]) {
    assert.equal(parseIpNetwork(text), undefined, text)
  }
})
