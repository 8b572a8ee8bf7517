import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANONYMOUS } from '../../access/actor.ts'
import { qrOf } from './page-qr.ts'

test('no page offers another device an address that means the machine of the visitor alone', () => {
  const at = (baseUrl: string) => {
    const context = { baseUrl, actor: ANONYMOUS, object: { kind: 'server' } }
    return qrOf(context as unknown as Parameters<typeof qrOf>[0], '/notes')
  }
  for (const url of ['http://127.0.0.1:8080', 'https://localhost', 'http://[::1]:8080/dist', 'http://a.localhost'])
    assert.equal(at(url), null, url)
  for (const url of ['http://192.168.1.4:8080', 'https://localhost.example.com'])
    assert.deepEqual(at(url), { imageUrl: '/notes/qr.svg', url: `${url}/notes` }, url)
})
