import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type Process, run, startServer } from './processes.ts'

export type Flavour = 'binary' | 'node' | 'deno'

const COMMANDS: Readonly<Record<Flavour, readonly string[]>> = {
  binary: ['build/distd'],
  node: ['node', 'adapters/node/distd.ts'],
  deno: ['deno', 'run', '-A', '--no-check', 'adapters/deno/distd.ts'],
}

export interface Distd extends Process {
  readonly url: string
  readonly token: string
  readonly folder: string
  readonly readyMs: number
  remove(): Promise<void>
}

/** Starts our server on a data folder of its own, or on a given one. */
export async function startDistd(flavour: Flavour, given?: { folder: string; token: string }): Promise<Distd> {
  const folder = given?.folder ?? mkdtempSync(join(tmpdir(), 'distd-bench-'))
  const command = COMMANDS[flavour]
  const token =
    given?.token ??
    (
      await run([
        ...command,
        'token',
        'create',
        '--data',
        folder,
        '--name',
        'bench',
        '--allow',
        'publish,promote,admin',
      ])
    ).trim()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServer(
    [...command, 'serve', '--data', folder, '--listen', `127.0.0.1:${port}`, '--log-level', 'warn'],
    {
      url: `${url}/api/v1/system`,
    },
  )
  return {
    ...server,
    url,
    token,
    folder,
    async remove() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function call(distd: Distd, method: string, path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${distd.url}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${distd.token}`, 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** A file of random bytes, which no layer can compress or punch holes into. */
export function writeRandomFile(path: string, sizeBytes: number): string {
  const hash = createHash('sha256')
  const fd = openSync(path, 'w')
  const block = randomBytes(1 << 20)
  for (let at = 0; at < sizeBytes; at += block.length) {
    const part = block.subarray(0, Math.min(block.length, sizeBytes - at))
    part.writeUInt32LE((at / block.length) >>> 0, 0)
    writeSync(fd, part)
    hash.update(part)
  }
  fsyncSync(fd)
  closeSync(fd)
  return `sha256:${hash.digest('hex')}`
}

/** Opens an upload; gives its URL. */
export async function openUpload(distd: Distd, fileName: string, sizeBytes: number, digest: string): Promise<string> {
  const upload = await call(distd, 'POST', '/uploads', { sizeBytes, digest, fileName })
  return upload.url
}

/** Publishes these files as one announced release of a public app on channel `beta`. */
export async function publishFiles(
  distd: Distd,
  app: string,
  files: readonly { name: string; path: string; digest: string }[],
): Promise<void> {
  await call(distd, 'POST', '/apps', { slug: app, visibility: 'public' })
  const release = await call(distd, 'POST', `/apps/${app}/releases`, { version: '1.0.0' })
  for (const file of files) {
    const { statSync } = await import('node:fs')
    const url = await openUpload(distd, file.name, statSync(file.path).size, file.digest)
    await run([
      'curl',
      '-sSf',
      '-X',
      'PATCH',
      '-T',
      file.path,
      '-o',
      '/dev/null',
      '-H',
      `Authorization: Bearer ${distd.token}`,
      '-H',
      'Content-Type: application/partial-upload',
      '-H',
      'Upload-Offset: 0',
      url,
    ])
    await call(distd, 'POST', `/apps/${app}/releases/${release.id}/artifacts`, {
      uploadId: url.slice(url.lastIndexOf('/') + 1),
      platform: 'linux',
    })
  }
  await call(distd, 'POST', `/apps/${app}/releases/${release.id}/actions/publish`, undefined)
  await call(distd, 'POST', `/apps/${app}/releases/${release.id}/actions/announce`, undefined)
  await call(
    distd,
    'POST',
    `/apps/${app}/channels/beta/actions/promote`,
    { release: '1.0.0' },
    { 'If-None-Match': '*' },
  )
}

/** The path of a stored blob, for peers that serve the very same bytes from the very same page cache. */
export function blobFile(distd: Distd, digest: string): string {
  const hex = digest.slice('sha256:'.length)
  return join(distd.folder, 'blobs/sha256', hex.slice(0, 2), hex)
}
