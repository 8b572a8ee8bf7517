import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DistError } from '../../src/errors.ts'
import { defaultHeadsPath, findHead, noteHead } from './heads.ts'

const head = (seq: number) => ({ seq, hash: 'ab'.repeat(32), at: '2026-11-21T00:00:00.000Z' })

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'heads-'))
  try {
    await run(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('noteHead() keeps one head per server and leaves no temporary file', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'state', 'heads.json')
    assert.equal(await findHead(path, 'https://a.example'), undefined)
    await noteHead(path, 'https://a.example', head(1))
    await noteHead(path, 'https://b.example', head(7))
    await noteHead(path, 'https://a.example', head(2))
    assert.deepEqual(await findHead(path, 'https://a.example'), head(2))
    assert.deepEqual(await findHead(path, 'https://b.example'), head(7))
    assert.deepEqual(await readdir(join(folder, 'state')), ['heads.json'])
  })
})

test('noteHead() writes for the owner only', {
  skip: process.platform === 'win32' && 'no modes on Windows',
}, async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'state', 'heads.json')
    await noteHead(path, 'https://a.example', head(1))
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.equal((await stat(join(folder, 'state'))).mode & 0o777, 0o700)
  })
})

test('findHead() refuses a damaged file instead of forgetting what was verified', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'heads.json')
    for (const text of [
      '',
      '{',
      '{"schema":2,"heads":{}}',
      '{"schema":1,"heads":{"x":{"seq":-1,"hash":"","at":""}}}',
      Buffer.from(JSON.stringify({ schema: 1, heads: { 'h\u00e9ad': head(1) } }), 'latin1'),
    ]) {
      await writeFile(path, text)
      await assert.rejects(
        findHead(path, 'x'),
        (error) => error instanceof DistError && error.code === 'file.unreadable',
      )
      await assert.rejects(noteHead(path, 'x', head(1)), DistError)
    }
  })
})

test('defaultHeadsPath() follows XDG_STATE_HOME when it is absolute', () => {
  assert.equal(defaultHeadsPath({ XDG_STATE_HOME: '/s', HOME: '/h' }), '/s/dist/audit-heads.json')
  assert.equal(defaultHeadsPath({ XDG_STATE_HOME: 's', HOME: '/h' }), '/h/.local/state/dist/audit-heads.json')
  assert.equal(defaultHeadsPath({ HOME: '/h' }), '/h/.local/state/dist/audit-heads.json')
})
