import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { closeSync, createReadStream, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { runtimeName } from '../conformance/runtime-name.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { seededBytes } from '../suites/bodies.ts'

const MIB = 1024 ** 2
const SIZE = 2 ** 32 + 5 * MIB

/** A sparse file of 4 GiB and 5 MiB, with bytes before, across and behind 2^32. */
function writeFile(path: string): void {
  const descriptor = openSync(path, 'wx')
  try {
    ftruncateSync(descriptor, SIZE)
    for (const [index, position] of [17, 2 ** 31 - 500, 2 ** 32 - 100_000, 2 ** 32 + 4 * MIB].entries())
      writeSync(descriptor, seededBytes(200_000, index + 1), 0, 200_000, position)
  } finally {
    closeSync(descriptor)
  }
}

test(`the hasher of ${runtimeName} and sha256sum agree on more than 2^32 bytes`, { timeout: 600_000 }, async () => {
  const { createHasher } = await currentRuntime()
  const folder = mkdtempSync(join(tmpdir(), 'distd-hash-'))
  try {
    const path = join(folder, 'large.bin')
    writeFile(path)
    // Beside it, because each takes half a minute on a processor without instructions for it.
    const reference = promisify(execFile)('sha256sum', [path])

    const hasher = createHasher()
    let hashed = 0
    for await (const chunk of createReadStream(path, { highWaterMark: MIB })) {
      hasher.update(chunk as Uint8Array)
      hashed += (chunk as Uint8Array).byteLength
    }
    assert.equal(hashed, SIZE)
    assert.equal(hasher.digest(), `sha256:${(await reference).stdout.slice(0, 64)}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
