import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSquashfs, type TreeEntry } from '../../../test/fixtures/build-squashfs.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { createBudget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { findNode } from './file-tree.ts'
import { openSquashfs } from './squashfs.ts'

const budget = (maxEntries = 10_000) => createBudget({ maxInflatedBytes: 8 << 20, maxEntries, maxMs: 5000 })
const open = (image: Uint8Array, maxEntries?: number) => openSquashfs(bytesSource(image), budget(maxEntries))
const NOISE = new Uint8Array(9000).map((_, i) => (i * i * 31 + (i >> 3)) & 255)

const TREE: { readonly [name: string]: TreeEntry } = {
  'a.txt': 'hello\n',
  big: NOISE,
  holes: new Uint8Array(8192),
  empty: '',
  link: { link: 'meta/../a.txt' },
  folder: { link: 'meta' },
  meta: { 'snap.yaml': 'name: notes\n', deep: { er: { x: 'y'.repeat(5000) } } },
}

async function text(image: Uint8Array, path: string): Promise<string | undefined> {
  const node = await findNode(await (await open(image)).root(), path)
  return node?.kind === 'file' ? new TextDecoder().decode(await node.read(1 << 20)) : node?.kind
}

for (const compression of ['none', 'gzip', 'xz', 'zstd'] as const) {
  for (const extended of [false, true]) {
    test(`openSquashfs() reads ${compression} images with ${extended ? 'extended' : 'basic'} inodes`, async () => {
      const image = buildSquashfs(TREE, { compression, extended })
      const opened = await open(image)
      assert.equal(opened.isReadable, true)
      const root = await opened.root()
      assert.deepEqual(await root.names(), ['a.txt', 'big', 'empty', 'folder', 'holes', 'link', 'meta'])
      assert.equal(await text(image, 'a.txt'), 'hello\n')
      assert.equal(await text(image, 'link'), 'hello\n')
      assert.equal(await text(image, 'empty'), '')
      assert.equal(await text(image, 'folder/deep/er/x'), 'y'.repeat(5000))
      const big = (await root.child('big'))!
      assert.deepEqual([big.sizeBytes, await big.read(9000)], [9000, NOISE])
      assert.deepEqual(await (await root.child('holes'))!.read(8192), new Uint8Array(8192))
      await assert.rejects(big.read(8999), FormatLimitError)
    })
  }
}

test('openSquashfs() reads directories and inodes that go over several metadata blocks', async () => {
  const many = Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`file-with-a-long-name-${i}`, `${i}`]))
  const image = buildSquashfs({ many, last: 'x' }, { compression: 'none' })
  for (const i of [0, 1, 255, 256, 350, 699]) assert.equal(await text(image, `many/file-with-a-long-name-${i}`), `${i}`)
  assert.equal(await text(image, 'last'), 'x')
  await assert.rejects(
    (await (await open(image, 300)).root()).child('many').then((n) => n!.names()),
    FormatLimitError,
  )
})

test('findNode() follows links inside of the image and no others', async () => {
  const links = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`l${i}`, { link: `l${i + 1}` }]))
  const image = buildSquashfs({
    ...links,
    l10: 'end',
    circle: { link: 'circle' },
    self: { link: '.' },
    up: { link: '../../a' },
    absolute: { link: '/a' },
    nowhere: { link: 'none' },
    long: { link: './'.repeat(100) },
    a: 'a',
    d: { up: { link: '../a' } },
  })
  assert.equal(await text(image, 'l2'), 'end', 'eight hops')
  assert.equal(await text(image, 'l1'), undefined, 'nine hops')
  assert.equal(await text(image, 'self/self/self/a'), 'a')
  assert.equal(await text(image, 'd/up'), 'a')
  assert.equal(await text(image, './d//up'), 'a')
  for (const path of [
    'circle',
    'up',
    'absolute',
    'nowhere',
    'long',
    'a/b',
    'd/../../a',
    'self/self/self/self/self/self/self/self/self/a',
  ])
    assert.equal(await text(image, path), undefined, path)
})

test('openSquashfs() tells a compression that it has no decoder for', async () => {
  for (const compression of ['lzo', 'lz4', 'lzma'] as const) {
    const image = await open(buildSquashfs({}, { compression }))
    assert.deepEqual([image.compression, image.isReadable], [compression, false])
  }
})

test('openSquashfs() refuses an image that is cut off, of another version, or damaged', async () => {
  const image = buildSquashfs(TREE)
  const { sizeBytes } = await open(image)
  assert.ok(sizeBytes < image.length, 'padding is no part of it')
  assert.ok(await open(image.subarray(0, sizeBytes)))
  await assert.rejects(open(image.subarray(0, sizeBytes - 1)), RangeError)
  const changed = (at: number, ...bytes: number[]) => {
    const copy = Uint8Array.from(image)
    copy.set(bytes, at)
    return copy
  }
  for (const bytes of [changed(0, 0x73), changed(28, 3), changed(20, 7), changed(12, 0, 0, 0, 1), changed(22, 11)])
    await assert.rejects(open(bytes), FormatError)
  await assert.rejects(async () => (await open(changed(32, 0xff, 0xff, 0xff, 0xff, 0xff))).root(), FormatError)
})

test('openSquashfs() refuses a root that is no directory', async () => {
  const image = buildSquashfs({ only: 'a file' })
  // The first inode of the table.
  image.fill(0, 32, 40)
  await assert.rejects(async () => (await open(image)).root(), /root is not a directory/)
})

test('openSquashfs() lets no block unpack to more than a block', async () => {
  const image = buildSquashfs({ a: 'x'.repeat(3000), b: 'x'.repeat(20_000) }, { blockBytes: 32_768 })
  assert.equal(await text(image, 'a'), 'x'.repeat(3000))
  // The same fragment in an image whose blocks are of 4096 bytes.
  image.set([0, 0x10, 0, 0], 12)
  image[22] = 12
  await assert.rejects(text(image, 'a'), /unpacks to more than it may/)
})
