import assert from 'node:assert/strict'
import { lstat, open, readdir, stat, symlink, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { DigestMismatchError } from '../../src/blob/blob-store.ts'
import { blobPath } from '../../src/blob/layout.ts'
import { type Digest, digestOf } from '../../src/bytes/digest.ts'
import { bodyOf, collect, readAll, seededBytes } from '../suites/bodies.ts'
import { fsCases } from './fs-folder.ts'

const inFsFolder = fsCases()
const GIB4 = 2 ** 32
const digest: Digest = `sha256:${'ab'.repeat(32)}`

for (const sizeBytes of [GIB4 - 1, GIB4, GIB4 + 1])
  test(`createFsBlobStore() stats and reads a blob of ${sizeBytes} bytes up to its end`, () =>
    inFsFolder(async ({ root, blobs }) => {
      const path = join(root, blobPath(digest))
      const tail = seededBytes(100_000)
      const file = await open(path, 'wx')
      await file.truncate(sizeBytes)
      await file.write(tail, 0, tail.byteLength, sizeBytes - tail.byteLength)
      await file.close()
      const blob = { digest, sizeBytes }
      assert.deepEqual(await blobs.stat(digest), blob)
      assert.deepEqual(await collect(blobs.list()), [blob])
      for (const fromEnd of [1, 2, 3, 70_000, 100_000]) {
        const range = { offset: sizeBytes - fromEnd, length: fromEnd }
        const expected = tail.slice(-fromEnd)
        assert.deepEqual(await blobs.read(digest, range), expected)
        assert.deepEqual(await readAll(await blobs.open(digest, range)), expected)
        const body = await new Response(await blobs.body(blob, range)).arrayBuffer()
        assert.deepEqual(new Uint8Array(body), expected)
      }
      await assert.rejects(blobs.read(digest, { offset: sizeBytes, length: 1 }), RangeError)
      await unlink(path)
    }))

test('createFsStaging() writes across 4 GiB at the right place', () =>
  inFsFolder(async ({ root, staging }) => {
    const path = join(root, 'staging/upl_sparse')
    const bytes = seededBytes(300_000)
    await staging.begin('upl_sparse')
    await truncate(path, GIB4 - 100_000)
    const sizeBytes = GIB4 + 200_000
    const end = await staging.append('upl_sparse', bodyOf(bytes), { offset: GIB4 - 100_000, sizeBytes })
    assert.deepEqual(end, { offset: sizeBytes, overflow: false })
    const file = await open(path, 'r')
    const written = new Uint8Array(300_000)
    await file.read(written, 0, 300_000, GIB4 - 100_000)
    await file.close()
    assert.deepEqual(written, bytes)
    assert.equal((await stat(path)).size, sizeBytes)
    await staging.abandon('upl_sparse')
  }))

test('createFsStaging() keeps uploads private, and blobs read-only', () =>
  inFsFolder(async ({ root, blobs, staging }) => {
    const bytes = seededBytes(1000)
    await staging.begin('upl_a')
    assert.equal((await stat(join(root, 'staging/upl_a'))).mode & 0o777, 0o600)
    await staging.append('upl_a', bodyOf(bytes), { offset: 0, sizeBytes: 1000 })
    const staged = await stat(join(root, 'staging/upl_a'))
    await staging.commit('upl_a', digestOf(bytes), { sizeBytes: 1000, replace: false })
    const placed = await stat(join(root, blobPath(digestOf(bytes))))
    assert.equal(placed.mode & 0o777, 0o444)
    assert.equal(placed.ino, staged.ino, 'renamed, not copied')
    const other = await blobs.write(bodyOf(seededBytes(5)), { maxBytes: 5 })
    assert.equal((await stat(join(root, blobPath(other.digest)))).mode & 0o777, 0o444)
    await blobs.delete(digestOf(bytes))
    await blobs.delete(other.digest)
  }))

test('createFsStaging() refuses ids that are not a plain name', () =>
  inFsFolder(async ({ staging }) => {
    for (const id of ['', '.', '..', '../x', 'a/b', '/etc/passwd', 'a\0b', '-rf', 'a.b', 'ä', 'x'.repeat(129)]) {
      await assert.rejects(staging.begin(id), SyntaxError, id)
      await assert.rejects(staging.abandon(id), SyntaxError, id)
    }
  }))

test('createFsStaging() and createFsBlobStore() never follow a symbolic link', () =>
  inFsFolder(async ({ root, blobs, staging }) => {
    const target = join(root, 'logs/target')
    await writeFile(target, 'secret')
    await symlink(target, join(root, 'staging/upl_link'))
    await symlink(target, join(root, blobPath(digest)))
    await assert.rejects(staging.begin('upl_link'), { code: 'EEXIST' })
    await assert.rejects(staging.append('upl_link', bodyOf(seededBytes(9)), { offset: 0, sizeBytes: 9 }), {
      code: 'ELOOP',
    })
    assert.deepEqual(await collect(staging.list()), [])
    await assert.rejects(blobs.open(digest), { code: 'ELOOP' })
    assert.equal(await blobs.stat(digest), undefined)
    assert.deepEqual(await collect(blobs.list()), [])
    await unlink(join(root, 'staging/upl_link'))
    await unlink(join(root, blobPath(digest)))
    assert.equal((await stat(target)).size, 6)
    await unlink(target)
  }))

test('createFsBlobStore() replaces a blob whose file has another size', () =>
  inFsFolder(async ({ root, blobs, staging }) => {
    const bytes = seededBytes(9000)
    const name = digestOf(bytes)
    await writeFile(join(root, blobPath(name)), bytes.slice(0, 100))
    await blobs.write(bodyOf(bytes), { maxBytes: 9000 })
    assert.deepEqual(await readAll(await blobs.open(name)), bytes)
    await unlink(join(root, blobPath(name)))
    await writeFile(join(root, blobPath(name)), '')
    await staging.begin('upl_a')
    await staging.append('upl_a', bodyOf(bytes), { offset: 0, sizeBytes: 9000 })
    await staging.commit('upl_a', name, { sizeBytes: 9000, replace: false })
    assert.deepEqual(await readAll(await blobs.open(name)), bytes)
    await blobs.delete(name)
  }))

test('createFsStaging() checks the digest of all bytes, also those of an earlier process', () =>
  inFsFolder(async ({ root, blobs, staging }) => {
    const bytes = seededBytes(2000)
    await staging.begin('upl_a')
    const file = await open(join(root, 'staging/upl_a'), 'r+')
    await file.write(seededBytes(1000, 2), 0, 1000, 0)
    await file.close()
    await staging.append('upl_a', bodyOf(bytes.slice(1000)), { offset: 1000, sizeBytes: 2000 })
    const committing = staging.commit('upl_a', digestOf(bytes), { sizeBytes: 2000, replace: false })
    await assert.rejects(committing, DigestMismatchError)
    assert.deepEqual(await collect(blobs.list()), [])
  }))

test('createFsBlobStore() moves deleted blobs to the trash, until purgeTrash()', () =>
  inFsFolder(async ({ root, blobs }) => {
    const trash = join(root, 'trash')
    await blobs.purgeTrash(Number.MAX_SAFE_INTEGER)
    const blob = await blobs.write(bodyOf(seededBytes(777)), { maxBytes: 777 })
    await blobs.delete(blob.digest)
    assert.deepEqual(await readdir(trash), [blob.digest.slice(7)])
    const { ctimeMs } = await lstat(join(trash, blob.digest.slice(7)))
    assert.deepEqual(await blobs.purgeTrash(ctimeMs), { files: 0, sizeBytes: 0 })
    assert.deepEqual(await blobs.purgeTrash(ctimeMs + 1), { files: 1, sizeBytes: 777 })
    assert.deepEqual(await readdir(trash), [])
  }))
