import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { toHex } from '../../src/bytes/encoding.ts'
import { Config } from '../../src/config.ts'
import { currentRuntime } from '../../test/helpers/runtime.ts'
import { DataFolderError } from '../fs/data-folder.ts'
import { openAsServer, openBeside } from './open.ts'

interface Folder {
  readonly config: Config
  readonly keyFile: string
  /** Messages of level `warn` and above. */
  readonly warnings: string[]
  asServer(): ReturnType<typeof openAsServer>
  beside(create?: boolean): ReturnType<typeof openBeside>
}

async function inFolder(work: (folder: Folder) => Promise<void>): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'dist-open-'))
  const runtime = await currentRuntime()
  const config = Config.parse({ data })
  const warnings: string[] = []
  const log = (level: string, message: string) => void (level !== 'info' && level !== 'debug' && warnings.push(message))
  try {
    await work({
      config,
      keyFile: join(data, 'config/signing.key'),
      warnings,
      asServer: () => openAsServer(runtime, config, log),
      beside: (create = true) => openBeside(runtime, config, log, create),
    })
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

test('short commands beside a server that lays out a new folder wait for it, and have its signing key', () =>
  inFolder(async ({ config, keyFile, asServer, beside, warnings }) => {
    const starting = asServer()
    while (!existsSync(join(config.data, 'lock.db'))) await new Promise((resolve) => setImmediate(resolve))
    assert.ok(!existsSync(keyFile))
    const opened = await Promise.all([starting, beside(), beside(), beside()])
    const kept = (await readFile(keyFile, 'utf8')).trim()
    for (const { deps } of opened) assert.equal(toHex(deps.signingKey), kept)
    for (const { close } of opened.reverse()) await close()
    assert.deepEqual(warnings, [])
  }))

test('a short command makes the folder of an older version ready, and leaves the recovery to the server', () =>
  inFolder(async ({ keyFile, asServer, beside, warnings }) => {
    await (await asServer()).close(false)
    await rm(keyFile)
    const command = await beside()
    const key = toHex(command.deps.signingKey)
    await command.close()
    const server = await asServer()
    assert.equal(toHex(server.deps.signingKey), key)
    assert.equal(server.wasCleanlyClosed, false)
    await server.close()
    assert.deepEqual(warnings, ['config/signing.key was made anew: share links from before it do not open'])
  }))

test('a short command that makes nothing writes no key', () =>
  inFolder(async ({ keyFile, asServer, beside }) => {
    await (await asServer()).close()
    await rm(keyFile)
    await (await beside(false)).close()
    await assert.rejects(readFile(keyFile), { code: 'ENOENT' })
  }))

test('a folder with a short signing key is not opened, and can be once the key is back', () =>
  inFolder(async ({ keyFile, asServer, beside }) => {
    await (await asServer()).close()
    const key = await readFile(keyFile, 'utf8')
    await chmod(keyFile, 0o644)
    await writeFile(keyFile, key.slice(0, 62))
    const isRefusal = (error: unknown) => error instanceof DataFolderError && error.message.includes(keyFile)
    await assert.rejects(asServer(), isRefusal)
    await assert.rejects(beside(), isRefusal)
    await writeFile(keyFile, key)
    const server = await asServer()
    assert.equal(`${toHex(server.deps.signingKey)}\n`, key)
    assert.equal(server.wasCleanlyClosed, true)
    await server.close()
  }))

test('the log says when others may read the signing key', () =>
  inFolder(async ({ keyFile, asServer, warnings }) => {
    await (await asServer()).close()
    await chmod(keyFile, 0o644)
    await (await asServer()).close()
    assert.deepEqual(warnings, ['others may read config/signing.key: its mode should be 0600'])
  }))
