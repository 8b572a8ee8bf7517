import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApk } from '../../../test/fixtures/build-apk.ts'
import { buildIpa } from '../../../test/fixtures/build-ipa.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { buildTar } from '../../../test/fixtures/tar-writer.ts'
import { buildZip } from '../../../test/fixtures/zip-writer.ts'
import { type ByteSource, bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
const apk = buildApk({ packageName: 'com.example.hidden' })
const newline = utf8('\n')

/** The comment is behind the archive, and its length within. */
function commented(zip: Uint8Array, comment: Uint8Array, declared = comment.length): Uint8Array {
  const bytes = concat(zip, comment)
  new DataView(bytes.buffer).setUint16(zip.length - 2, declared, true)
  return bytes
}

test('a ZIP is found whatever lies before it, whatever its comment, and whatever lies behind it', async () => {
  const hidden: Readonly<Record<string, Uint8Array>> = {
    'one byte before, one of a comment': concat(newline, commented(apk, newline)),
    'the longest comment': concat(newline, commented(apk, new Uint8Array(0xffff).fill(0x20))),
    'a comment full of what begins a record': concat(newline, commented(apk, utf8('PK\u0005\u0006P'.repeat(2000)))),
    'one byte behind': concat(newline, apk, newline),
    'a comment that ends early': concat(newline, commented(apk, newline, 0)),
    'a page behind': concat(utf8('{"a":'), apk, new Uint8Array(4096)),
  }
  for (const [how, bytes] of Object.entries(hidden)) {
    const { inspection, checks } = await inspect(bytes)
    assert.deepEqual([inspection.format, inspection.identifier], ['apk', 'com.example.hidden'], how)
    assert.ok(
      checks.some(({ level, code }) => level === 'error' && code === 'zip.confusion'),
      how,
    )
  }
  const plain = await inspect(concat(newline, commented(buildZip([{ name: 'a', data: 'b' }]), newline)))
  assert.deepEqual([plain.inspection.format, plain.checks.map(({ code }) => code)], ['zip', ['zip.confusion']])
  const ipa = await inspect(concat(newline, buildIpa(), newline))
  assert.deepEqual([ipa.inspection.format, ipa.inspection.platform], ['ipa', 'ios'])
})

test('a package or an archive that is a part of something else does not make that a package', async () => {
  const zip = buildZip([{ name: 'a', data: 'b' }])
  const parts: readonly Uint8Array[] = [
    concat(newline, zip, newline),
    buildTar([
      { name: 'a.txt', data: 'a' },
      { name: 'a.apk', data: apk },
    ]),
    // Too far from the end for any reader.
    concat(newline, apk, new Uint8Array(0x10000 + 22)),
    // The directory is gone.
    concat(newline, apk.subarray(-22), newline),
    utf8(' PK\u0005\u0006'),
    utf8(`${'P'.repeat(200_000)}`),
  ]
  for (const bytes of parts) assert.equal((await inspect(bytes)).inspection.format, 'file')
})

test('the end of a file that nobody knows is read once, 64 KiB of it', async () => {
  const { sizeBytes, read } = bytesSource(new Uint8Array(10 << 20).fill(0x50))
  let tailBytes = 0
  const source: ByteSource = {
    sizeBytes,
    read(offset, length) {
      if (offset > sizeBytes / 2) tailBytes += length
      return read(offset, length)
    },
  }
  assert.equal((await inspectArtifact(source)).inspection.format, 'file')
  // Other readers look at some bytes there.
  assert.ok(tailBytes >= 0xffff + 22 && tailBytes < 0xffff + 1024, `${tailBytes} bytes`)
})
