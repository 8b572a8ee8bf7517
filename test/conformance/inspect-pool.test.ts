import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createInspectPool, type InspectPool, type InspectPoolOptions } from '../../adapters/distd/inspect-pool.ts'
import { openDataFolder } from '../../adapters/fs/data-folder.ts'
import type { BlobInfo } from '../../src/blob/blob-store.ts'
import { digestOf } from '../../src/bytes/digest.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildDeb } from '../fixtures/build-deb.ts'
import { DIES, FILLS, LOOPS, WAITS } from './evil-thread.ts'
import { openFs } from './fs-folder.ts'
import { runtimeName } from './runtime-name.ts'

interface Scene {
  pool(options?: Partial<InspectPoolOptions>): InspectPool
  /** Stores bytes as a blob. */
  put(bytes: Uint8Array): Promise<BlobInfo>
  readonly logged: string[]
}

async function inScene(run: (scene: Scene) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'dist-pool-'))
  const pools: InspectPool[] = []
  const logged: string[] = []
  try {
    await openDataFolder(root)
    const { blobs } = openFs(root)
    await run({
      logged,
      pool(options = {}) {
        const entry = new URL('./evil-thread.ts', import.meta.url)
        const log = (_level: string, message: string) => void logged.push(message)
        const pool = createInspectPool({ entry, root, log, threads: 1, ...options })
        pools.push(pool)
        return pool
      },
      put: (bytes) =>
        blobs.write(new Blob([Uint8Array.from(bytes)]).stream(), { expected: digestOf(bytes), maxBytes: bytes.length }),
    })
  } finally {
    await Promise.all(pools.map((pool) => pool.close()))
    await rm(root, { recursive: true, force: true })
  }
}

const evil = (sizeBytes: number): BlobInfo => ({ digest: digestOf(Uint8Array.of(sizeBytes % 256)), sizeBytes })

test(`a thread on ${runtimeName} reads files like the server itself`, () =>
  inScene(async ({ pool, put }) => {
    const { inspect } = pool()
    const files = [await put(buildApk({ versionCode: 7 })), await put(buildDeb({ compression: 'xz' }))]
    const reports = await Promise.all(files.map((file) => inspect(file)))
    assert.deepEqual(
      reports.map(({ inspection }) => [inspection.format, inspection.identifier]),
      [
        ['apk', 'com.example.notes'],
        ['deb', 'notes'],
      ],
    )
  }))

test('a file that ends its thread gets a finding, and the files beside it are read', () =>
  inScene(async ({ pool, put, logged }) => {
    const { inspect } = pool()
    const good = await put(buildDeb({ compression: 'gz' }))
    const [killer, ...others] = await Promise.all([inspect(evil(DIES)), inspect(good), inspect(good), inspect(good)])
    assert.deepEqual(
      killer?.checks.map(({ level, code }) => `${level} ${code}`),
      ['error inspect.limit'],
    )
    assert.deepEqual(
      others.map(({ inspection }) => inspection.format),
      ['deb', 'deb', 'deb'],
    )
    assert.deepEqual(logged, ['an inspection was ended'])
    assert.equal((await inspect(good)).inspection.format, 'deb', 'the pool goes on')
  }))

test('a file that takes more time than it may is ended, and the files beside it are read', () =>
  inScene(async ({ pool, put }) => {
    const { inspect } = pool({ limitMs: ({ sizeBytes }) => (sizeBytes === LOOPS ? 500 : 30_000) })
    const good = await put(buildDeb({ compression: 'gz' }))
    const [late, other] = await Promise.all([inspect(evil(LOOPS)), inspect(good)])
    assert.match(late.checks[0]?.message ?? '', /more time than it may$/)
    assert.equal(other.inspection.format, 'deb')
  }))

/** Bun and Deno give a thread no bound of memory: there the time ends it, while the readers' own budgets bound the memory. */
const endsFilled = runtimeName === 'node' ? 'memory' : 'time'

test(`a file that fills the memory of its thread is ended by ${endsFilled}, and the server lives`, () =>
  inScene(async ({ pool, put, logged }) => {
    const { inspect } = pool({
      limitMs: ({ sizeBytes }) => (sizeBytes === FILLS && endsFilled === 'time' ? 4000 : 60_000),
    })
    const good = await put(buildDeb({ compression: 'gz' }))
    const [filled, other] = await Promise.all([inspect(evil(FILLS)), inspect(good)])
    assert.deepEqual(
      filled.checks.map(({ level, code }) => `${level} ${code}`),
      ['error inspect.limit'],
    )
    assert.match(filled.checks[0]?.message ?? '', new RegExp(`\\b${endsFilled}\\b`))
    assert.equal(other.inspection.format, 'deb')
    assert.deepEqual(logged, ['an inspection was ended'])
    assert.equal((await inspect(good)).inspection.format, 'deb', 'the pool goes on')
  }))

test('a file that is not there is an error of the server, not a finding', () =>
  inScene(async ({ pool }) => {
    await assert.rejects(pool().inspect(evil(5)), /is not in the store/)
  }))

test('a closed pool refuses and leaves nothing waiting', () =>
  inScene(async ({ pool }) => {
    const closing = pool()
    const waiting = assert.rejects(closing.inspect(evil(LOOPS)), /the server stops/)
    await closing.close()
    await waiting
    await assert.rejects(closing.inspect(evil(5)), /the server stops/)
  }))

test('a thread without work ends, and the next file starts another, even in the moment of the end', () =>
  inScene(async ({ pool, put, logged }) => {
    const idleMs = 30
    const { inspect } = pool({ idleMs })
    const good = await put(buildDeb({ compression: 'gz' }))
    for (let around = -6; around < 12; around++) {
      assert.equal((await inspect(good)).inspection.format, 'deb')
      await new Promise((resolve) => setTimeout(resolve, idleMs + around / 2))
    }
    assert.deepEqual(logged, [])
  }))

test('a large file leaves a thread to the others', () =>
  inScene(async ({ pool, put }) => {
    const { inspect } = pool({ threads: 2 })
    const good = await put(buildDeb({ compression: 'gz' }))
    const order: string[] = []
    const told = (name: string, blob: BlobInfo) => inspect(blob).finally(() => order.push(name))
    const files = [told('first large', evil(WAITS)), told('second large', evil(WAITS)), told('small', good)]
    await Promise.allSettled(files)
    assert.ok(order.indexOf('small') < order.indexOf('second large'), order.join())
  }))
