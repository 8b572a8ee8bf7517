import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readText } from './text-file.ts'

test('readText() gives a text as it is, and reads no more than it may', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dist-text-'))
  try {
    const path = join(folder, 'notes.md')
    // Characters on the border of two pieces.
    const text = `a${'ü'.repeat(100_000)}`
    await writeFile(path, text)
    assert.equal(await readText(path, 200_001, 'file.unreadable'), text)
    const tooLarge = { code: 'file.unreadable', message: /: it is larger than 200000 bytes$/ }
    await assert.rejects(readText(path, 200_000, 'file.unreadable'), tooLarge)
    await writeFile(path, '')
    assert.equal(await readText(path, 10, 'file.unreadable'), '')
    await writeFile(path, new Uint8Array([0xff]))
    await assert.rejects(readText(path, 10, 'file.unreadable'), { message: /it is not valid UTF-8$/ })
    await assert.rejects(readText(folder, 10, 'state.unreadable'), {
      code: 'state.unreadable',
      message: /it is a folder$/,
    })
    await assert.rejects(readText(join(folder, 'none'), 10, 'file.unreadable'), { code: 'file.unreadable' })
    // Says that it is empty, and never ends.
    await assert.rejects(readText('/dev/zero', 200_000, 'file.unreadable'), tooLarge)
  } finally {
    await rm(folder, { recursive: true })
  }
})
