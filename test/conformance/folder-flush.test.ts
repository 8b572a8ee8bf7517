import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { needPrograms } from '../helpers/debian.ts'
import { runtimeName } from './runtime-name.ts'

const opener = fileURLToPath(new URL('open-folder.ts', import.meta.url))

/** Folders below `folder` that a process flushes while it opens the data folder `root`, by their path from `folder`. */
function flushedBy(folder: string, root: string): string[] {
  const trace = join(folder, 'trace')
  const run = runtimeName === 'deno' ? ['run', '-A', '--no-check', opener, root] : [opener, root]
  // One file per process: a line is never cut by one of another.
  execFileSync('strace', ['-ff', '-y', '-e', 'trace=fsync,fdatasync', '-o', trace, process.execPath, ...run])
  const text = execFileSync('sh', ['-c', `cat "${trace}".*; rm "${trace}".*`], { encoding: 'utf8' })
  const found = [...text.matchAll(/^f(?:data)?sync\(\d+<([^>]+)>\)\s+= 0$/gm)].map(([, path]) => path!)
  return found.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length + 1))
}

test(`openDataFolder() on ${runtimeName} flushes what is new, and at each start what one that was killed had made`, {
  timeout: 60_000,
}, () => {
  needPrograms({ strace: 'strace' })
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dist-flush-')))
  try {
    const layout = ['data', 'data/blobs', 'data/blobs/sha256']
    assert.deepEqual(flushedBy(folder, join(folder, 'data')).sort(), ['', ...layout])
    assert.deepEqual(flushedBy(folder, join(folder, 'data')).sort(), layout)
    // Killed in the middle of the shards.
    mkdirSync(join(folder, 'half/blobs/sha256/00'), { recursive: true })
    assert.deepEqual(
      flushedBy(folder, join(folder, 'half')).sort(),
      layout.map((path) => path.replace('data', 'half')),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
