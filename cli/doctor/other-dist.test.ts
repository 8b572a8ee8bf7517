import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { distsOnPath, kindOfDist } from './other-dist.ts'

const skip = process.platform === 'win32' && 'execute bits and links are POSIX'

test('distsOnPath() finds what the shell would run, in its order, each file once', { skip }, async () => {
  const root = await mkdtemp(join(tmpdir(), 'path-'))
  try {
    const folder = async (name: string) => {
      await mkdir(join(root, name))
      return join(root, name)
    }
    const [a, b, c, d, e] = [
      await folder('a'),
      await folder('b'),
      await folder('c'),
      await folder('d'),
      await folder('e'),
    ]
    await writeFile(join(a, 'dist'), 'not executable')
    for (const place of [b, c]) {
      await writeFile(join(place, 'dist'), 'x')
      await chmod(join(place, 'dist'), 0o755)
    }
    await symlink(join(b, 'dist'), join(d, 'dist'))
    await mkdir(join(e, 'dist'))
    const path = ['', a, d, c, e, b, join(root, 'absent'), c].join(delimiter)
    assert.deepEqual(await distsOnPath(path), [join(d, 'dist'), join(c, 'dist')])
    assert.deepEqual(await distsOnPath(''), [])
  } finally {
    await rm(root, { recursive: true })
  }
})

test('kindOfDist() tells cargo-dist from ours by the bytes', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kind-'))
  try {
    const kind = async (text: string | Uint8Array) => {
      await writeFile(join(root, 'dist'), text)
      return kindOfDist(join(root, 'dist'))
    }
    assert.equal(await kind(''), 'unknown')
    assert.equal(await kind('#!/bin/sh\necho hi\n'), 'unknown')
    assert.equal(await kind('\0\0https://github.com/axodotdev/cargo-dist\0'), 'cargo-dist')
    assert.equal(await kind('env.DIST_SERVER cargo-dist'), 'ours')
    const across = new Uint8Array((1 << 20) + 100)
    across.set(new TextEncoder().encode('DIST_SERVER'), (1 << 20) - 5)
    assert.equal(await kind(across), 'ours')
  } finally {
    await rm(root, { recursive: true })
  }
})
