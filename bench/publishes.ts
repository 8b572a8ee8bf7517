import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runtime } from '../adapters/bun/runtime.ts'
import { openAsServer } from '../adapters/distd/open.ts'
import { SYSTEM } from '../src/access/actor.ts'
import { createToken } from '../src/access/tokens.ts'
import { createApp } from '../src/app.ts'
import { SYSTEM_CAUSE } from '../src/audit/append.ts'
import { Config } from '../src/config.ts'

/**
 * Publishes with four workers against the real store; prints publishes per second. The first second warms up and does
 * not count.
 */
const WARM_UP_SECONDS = 1
const SECONDS = 4
const WORKERS = 4
/** As the server does it: files are inspected in threads. */
const ENTRY = new URL('../adapters/bun/distd.ts', import.meta.url)

const folder = mkdtempSync(join(tmpdir(), 'bench-publish-'))
const { deps, close } = await openAsServer(runtime, Config.parse({ data: folder }), () => undefined, ENTRY)
const app = createApp({ deps, version: 'bench', render: () => '', assets: [] })
const { secret } = await createToken(deps, SYSTEM, { name: 'bench', actions: ['publish'] }, null, SYSTEM_CAUSE)
const peer = { address: '127.0.0.1', keepOpen: () => undefined }

async function call(method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}) {
  const request = new Request(`http://127.0.0.1/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const response = await app.fetch(request, peer)
  const text = await response.text()
  if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

await call('POST', '/apps', JSON.stringify({ slug: 'bench' }))
let begun = 0

async function worker(until: number): Promise<number> {
  let done = 0
  while (performance.now() < until) {
    const version = `1.0.${begun++}`
    const bytes = new Uint8Array(randomBytes(10_000))
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const upload = await call(
      'POST',
      '/uploads',
      JSON.stringify({ sizeBytes: bytes.length, digest, fileName: 'notes.bin' }),
    )
    await call('PATCH', `/uploads/${upload.id}`, bytes, {
      'Content-Type': 'application/partial-upload',
      'Upload-Offset': '0',
    })
    const { id } = await call('POST', '/apps/bench/releases', JSON.stringify({ version }))
    await call(
      'POST',
      `/apps/bench/releases/${id}/artifacts`,
      JSON.stringify({ uploadId: upload.id, platform: 'linux' }),
    )
    await call('POST', `/apps/bench/releases/${id}/actions/publish`)
    await call('POST', `/apps/bench/releases/${id}/actions/announce`)
    done++
  }
  return done
}

async function publishFor(seconds: number): Promise<number> {
  const startedAt = performance.now()
  const until = startedAt + seconds * 1000
  const done = await Promise.all(Array.from({ length: WORKERS }, () => worker(until)))
  return done.reduce((sum, count) => sum + count) / ((performance.now() - startedAt) / 1000)
}

await publishFor(WARM_UP_SECONDS)
const perSecond = await publishFor(SECONDS)
await close()
rmSync(folder, { recursive: true, force: true })
console.log(perSecond.toFixed(1))
