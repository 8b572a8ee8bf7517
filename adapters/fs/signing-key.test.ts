import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DataFolderError, openDataFolder } from './data-folder.ts'
import { makeSigningKey, readSigningKey } from './signing-key.ts'

async function inDataFolder(run: (root: string, path: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'dist-key-'))
  try {
    await openDataFolder(root)
    await run(root, join(root, 'config/signing.key'))
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

test('makeSigningKey() keeps 32 bytes, private, and readSigningKey() gives them back', () =>
  inDataFolder(async (root, path) => {
    assert.equal(await readSigningKey(root), undefined)
    const made = await makeSigningKey(root)
    assert.equal(made.key.byteLength, 32)
    assert.ok(new Set(made.key).size > 8)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(join(root, 'config')), ['signing.key'])
    assert.deepEqual(await readSigningKey(root), made)
    assert.equal((await readSigningKey(root))?.isExposed, false)
  }))

test('makeSigningKey() takes nothing over from a process that was killed on its way', () =>
  inDataFolder(async (root, path) => {
    await writeFile(`${path}.new`, 'half a k', { mode: 0o644 })
    const { key } = await makeSigningKey(root)
    assert.equal((await readFile(path, 'utf8')).length, 65)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual((await readSigningKey(root))?.key, key)
    assert.deepEqual(await readdir(join(root, 'config')), ['signing.key'])
  }))

test('readSigningKey() tells when others may read the key', () =>
  inDataFolder(async (root, path) => {
    await makeSigningKey(root)
    await chmod(path, 0o640)
    assert.equal((await readSigningKey(root))?.isExposed, true)
  }))

test('readSigningKey() refuses every key that is not 32 bytes, says what to do, and repeats nothing of it', () =>
  inDataFolder(async (root, path) => {
    const digits = 'ab'.repeat(32)
    for (const text of [
      '',
      '\n',
      ' '.repeat(64),
      '\0'.repeat(64),
      digits.slice(2),
      digits.slice(1),
      `${digits}ab`,
      `${digits}\n\n`,
      ` ${digits}`,
      `${digits.slice(1)}g`,
      digits.toUpperCase(),
      `${digits.slice(0, 62)}\u0660\u0661`,
    ]) {
      await writeFile(path, text)
      await assert.rejects(
        readSigningKey(root),
        (error) =>
          error instanceof DataFolderError &&
          error.message.startsWith(`Cannot use ${path}: expected 32 bytes as 64 hex digits; `) &&
          !error.message.includes('abab'),
        JSON.stringify(text),
      )
      assert.equal(await readFile(path, 'utf8'), text, 'the file is left for whoever looks')
    }
  }))

test('the signing key that cannot be read or made is told as such', () =>
  inDataFolder(async (root, path) => {
    await rm(join(root, 'config'), { recursive: true })
    await assert.rejects(
      makeSigningKey(root),
      (error) => error instanceof DataFolderError && error.message.startsWith('Cannot write the signing key: ENOENT'),
    )
    await writeFile(join(root, 'config'), '')
    await assert.rejects(
      readSigningKey(root),
      (error) =>
        error instanceof DataFolderError &&
        error.message.startsWith('Cannot read the signing key: ENOTDIR') &&
        error.message.includes(path),
    )
  }))
