import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildIso9660 } from '../../../test/fixtures/build-iso9660.ts'
import { concat } from '../../../test/fixtures/byte-writer.ts'
import { mutate, seededRandom } from '../../../test/suites/mutations.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { createBudget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { findNode } from './file-tree.ts'
import { openIso9660 } from './iso9660.ts'

/** Bun stops a test after five seconds by itself. */
const MANY_MS = 120_000
const open = (image: Uint8Array) =>
  openIso9660(bytesSource(image), createBudget({ maxInflatedBytes: 8 << 20, maxEntries: 10_000, maxMs: 5000 }))
const NOISE = new Uint8Array(40_000).map((_, i) => (i * i * 31 + (i >> 3)) & 255)
const FILES = {
  hello: 'hello\n',
  noise: NOISE,
  zeros: new Uint8Array(70_000),
  link: { link: './hello' },
  out: { link: '/etc' },
}

for (const zisofs of [false, true]) {
  test(`openIso9660() reads names and links of Rock Ridge${zisofs ? ', and files of zisofs' : ''}`, async () => {
    const root = await open(buildIso9660(FILES, { zisofs }))
    assert.deepEqual(await root.names(), Object.keys(FILES))
    const hello = (await findNode(root, 'link'))!
    assert.deepEqual([hello.sizeBytes, new TextDecoder().decode(await hello.read(100))], [6, 'hello\n'])
    assert.deepEqual(await (await root.child('noise'))!.read(40_000), NOISE)
    assert.deepEqual(await (await root.child('zeros'))!.read(70_000), new Uint8Array(70_000))
    assert.equal(await findNode(root, 'out'), undefined)
    await assert.rejects((await root.child('noise'))!.read(39_999), FormatLimitError)
  })
}

test('openIso9660() reads plain names without their version', async () => {
  const root = await open(buildIso9660({ 'readme.txt': 'x' }, { rockRidge: false }))
  assert.deepEqual(await root.names(), ['README.TXT'])
})

test('openIso9660() refuses an image that is cut off or none at all', async () => {
  const image = buildIso9660({ hello: 'hello\n' })
  await assert.rejects(open(image.subarray(0, -1)), RangeError)
  await assert.rejects(open(new Uint8Array(80_000)), FormatError)
})

test('openIso9660() ends 2000 damaged images with bytes or a FormatError', { timeout: MANY_MS }, async () => {
  const image = buildIso9660({ hello: 'hello\n'.repeat(20), link: { link: '../hello' } }, { zisofs: true })
  const random = seededRandom(11)
  const system = image.subarray(0, 16 * 2048)
  for (let i = 0; i < 2000; i++) {
    const damaged = concat(system, mutate(image.subarray(16 * 2048), random))
    try {
      const root = await open(damaged)
      for (const name of await root.names()) {
        const node = (await root.child(name))!
        if (node.kind === 'file') await node.read(1 << 20)
        if (node.kind === 'symlink') await findNode(root, name)
      }
    } catch (error) {
      if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
    }
  }
})
