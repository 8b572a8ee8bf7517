import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from '../../src/config.ts'
import { ownUrl } from './own-url.ts'

test('ownUrl() is the public URL, else a place that a browser can go to', () => {
  for (const [settings, port, url] of [
    [{ publicUrl: 'https://dist.example/base/', listen: '0.0.0.0:80' }, 8080, 'https://dist.example/base'],
    [{ listen: '127.0.0.1:0' }, 4711, 'http://127.0.0.1:4711'],
    [{ listen: '0.0.0.0:8080' }, undefined, 'http://localhost:8080'],
    [{ listen: ':8080' }, undefined, 'http://localhost:8080'],
    [{ listen: '[::]:8080' }, undefined, 'http://localhost:8080'],
    [{ listen: '[::1]:8080' }, undefined, 'http://[::1]:8080'],
    [{ listen: 'nas.local:80' }, undefined, 'http://nas.local:80'],
  ] as const) {
    assert.equal(ownUrl(Config.parse(settings), port), url)
  }
})
