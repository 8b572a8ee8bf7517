import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildMsi } from '../../../test/fixtures/build-msi.ts'
import { buildMsix } from '../../../test/fixtures/build-msix.ts'
import { buildPeWithVersion, signPe } from '../../../test/fixtures/build-pe.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

/** The whole takes longer than an inspection may, reading all but the hashed bytes does not. */
const MAX_MS = 400
const SLOW_MS = 60
const LARGE = 10 << 20

const signer = await buildSigner()

for (const [what, bytes] of [
  ['program', await signPe(buildPeWithVersion({ overlay: new Uint8Array(LARGE) }), signer)],
  ['package', await buildMsix({ signer, members: [{ name: 'large', data: new Uint8Array(LARGE), method: 0 }] })],
  // One table of sectors is all that the fixture writes.
  ['installer', await buildMsi({ signer, extended: true, streams: [{ name: 'large', data: new Uint8Array(40_000) }] })],
] as const) {
  test(`inspectArtifact() verifies the signature of a large ${what} however long that takes`, async () => {
    const source = bytesSource(bytes)
    // Of the installer every read is slow that may be one of the pass.
    let passed = 0
    const slow = {
      sizeBytes: bytes.length,
      async read(offset: number, length: number) {
        if (length > 1 << 19 || (what === 'installer' && length > 4096)) {
          passed++
          await new Promise((resolve) => setTimeout(resolve, what === 'installer' ? MAX_MS : SLOW_MS))
        }
        return source.read(offset, length)
      },
    }
    const report = await inspectArtifact(slow, { ...DEFAULT_LIMITS, maxMs: MAX_MS, now: Date.parse('2026-11-21') })
    assert.ok(passed > 0)
    assert.deepEqual(report.checks, [])
    assert.equal(report.inspection.signatures?.[0]?.state, 'valid')
  })
}
