import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { createToken, dist, distd, inFolder, ROOT, withServer } from '../helpers/server.ts'

interface Published {
  readonly artifacts: readonly [{ readonly digest: string; readonly sizeBytes: number }]
}

function list(data: string) {
  return spawnSync('sh', [join(ROOT, 'scripts/list-data.sh'), data], { encoding: 'utf8' })
}

test('list-data.sh lists what was published beside the running server, and finds damaged and missing blobs', async () => {
  needPrograms({ sqlite3: 'sqlite3' })
  await withServer(async (server, folder) => {
    const secret = await createToken(server.data, '--allow', 'publish,promote')
    const manifest = {
      schema: 1,
      app: 'notes',
      name: 'Notes | and more',
      version: '1.4.0',
      build: '7',
      channel: 'beta',
    }
    const artifact = { path: 'notes.bin', platform: 'linux', arch: 'x64' }
    writeFileSync(join(folder, 'notes.bin'), 'some bytes, with a name of their own')
    writeFileSync(join(folder, 'dist.json'), JSON.stringify({ ...manifest, artifacts: [artifact] }))
    const env = { DIST_SERVER: server.url, DIST_TOKEN: secret }
    const result = await dist(['ci', 'publish', '--manifest', 'dist.json', '--json'], { cwd: folder, env })
    assert.equal(result.code, 0, result.stderr)
    const [{ digest, sizeBytes }] = (JSON.parse(result.stdout) as Published).artifacts

    const share = ['share', 'create', 'notes@beta', '--for', 'Acme | testers', '--json']
    const shared = await dist(share, { cwd: folder, env })
    assert.equal(shared.code, 0, shared.stderr)
    const { expiresAt } = JSON.parse(shared.stdout).share
    for (const name of ['ada', 'bob'])
      assert.equal((await distd(['admin', 'create', '--data', server.data, '--name', name])).code, 0)
    const sound = list(server.data)
    assert.equal(sound.stderr, '')
    assert.equal(sound.status, 0)
    for (const row of [
      ['  notes', 'Notes | and more', 'private'],
      ['  notes', '1.4.0+7', 'announced'],
      ['  notes', '1.4.0+7', 'notes.bin', 'linux-x64', 'file', String(sizeBytes), digest],
      ['  notes', 'beta', '1.4.0+7'],
      ['  ada', 'admin', 'invited'],
      ['  notes', 'beta', 'Acme | testers', expiresAt, '-'],
      ['  config/setup-link\n  config/signing.key\n'],
    ]) {
      assert.ok(sound.stdout.includes(row.join('\t')), `${row.join(' ')} is not in\n${sound.stdout}`)
    }
    assert.match(sound.stdout, /^ {2}1 as named$/m)

    const name = digest.slice('sha256:'.length)
    const blob = join(server.data, 'blobs/sha256', name.slice(0, 2), name)
    chmodSync(blob, 0o600)
    writeFileSync(blob, 'other bytes')
    const damaged = list(server.data)
    assert.equal(damaged.status, 1)
    assert.ok(damaged.stdout.includes(`DAMAGED  ${name}`))

    rmSync(blob)
    const missing = list(server.data)
    assert.equal(missing.status, 1)
    assert.ok(missing.stdout.includes(`MISSING  ${name}`))
  })
})

test('list-data.sh says what it needs when the folder is not a data folder', () =>
  inFolder(async (folder) => {
    const { status, stderr } = list(folder)
    assert.equal(status, 2)
    assert.match(stderr, /usage: /)
  }))
