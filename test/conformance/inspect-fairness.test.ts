import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createInspectPool, type InspectPool } from '../../adapters/distd/inspect-pool.ts'
import { openDataFolder } from '../../adapters/fs/data-folder.ts'
import type { BlobInfo } from '../../src/blob/blob-store.ts'
import { digestOf } from '../../src/bytes/digest.ts'
import { buildDeb } from '../fixtures/build-deb.ts'
import { LOOPS } from './evil-thread.ts'
import { openFs } from './fs-folder.ts'

interface Scene {
  readonly pool: InspectPool
  /** A file that is read in no time. */
  readonly good: BlobInfo
}

async function inScene(threads: number, run: (scene: Scene) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'dist-fair-'))
  await openDataFolder(root)
  const entry = new URL('./evil-thread.ts', import.meta.url)
  // No thread is ended for taking long: what stands in the way of others does so for ever.
  const pool = createInspectPool({ entry, root, log: () => undefined, threads, limitMs: () => 600_000 })
  try {
    const bytes = buildDeb({ compression: 'gz' })
    const body = new Blob([Uint8Array.from(bytes)]).stream()
    const good = await openFs(root).blobs.write(body, { expected: digestOf(bytes), maxBytes: bytes.length })
    await run({ pool, good })
  } finally {
    await pool.close()
    await rm(root, { recursive: true, force: true })
  }
}

const endless: BlobInfo = { digest: digestOf(Uint8Array.of(1)), sizeBytes: LOOPS }

test('askers take turns', () =>
  inScene(1, async ({ pool, good }) => {
    const order: string[] = []
    const ask = (asker: string) => pool.inspect(good, asker).then(() => void order.push(asker))
    await Promise.all(['many', 'many', 'many', 'many', 'one', 'many', 'other', 'one'].map(ask))
    assert.deepEqual(order, ['many', 'many', 'one', 'other', 'many', 'one', 'many', 'many'])
  }))

for (const threads of [2, 3]) {
  test(`files of one asker that never end leave one of ${threads} threads to the others`, { timeout: 60_000 }, () =>
    inScene(threads, async ({ pool, good }) => {
      const hostile = Array.from({ length: 6 }, () =>
        assert.rejects(pool.inspect(endless, 'hostile'), /the server stops/),
      )
      for (const asker of ['one', 'other', 'one'])
        assert.equal((await pool.inspect(good, asker)).inspection.format, 'deb')
      await pool.close()
      await Promise.all(hostile)
    }),
  )
}

test('an asker alone has the only thread', () =>
  inScene(1, async ({ pool, good }) => {
    const reports = await Promise.all([pool.inspect(good, 'one'), pool.inspect(good, 'one'), pool.inspect(good)])
    assert.deepEqual(
      reports.map(({ inspection }) => inspection.format),
      ['deb', 'deb', 'deb'],
    )
  }))
