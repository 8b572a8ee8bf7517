import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { LINES_BZ2, LINES_BZ2_IN_TWO, ZEROS_BZ2 } from '../../../test/fixtures/bzip2-samples.ts'
import { gzip, storedXz, storedZstd, zstdBomb } from '../../../test/fixtures/stored-streams.ts'
import { mutate, prefixes, seededRandom } from '../../../test/suites/mutations.ts'
import { fromBase64 } from '../../bytes/encoding.ts'
import { type Budget, createBudget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { bunzip2 } from './bz2.ts'
import { gunzip } from './gz.ts'
import { unxz, xzDictionaryBytes } from './xz.ts'
import { unzstd } from './zst.ts'

/** Bun stops a test after five seconds by itself, which a busy machine needs for thousands of inputs. */
const MANY_MS = 120_000

const budget = (maxInflatedBytes = 8 << 20, maxMs = 5000) => createBudget({ maxInflatedBytes, maxEntries: 10, maxMs })

const LINES = utf8(Array.from({ length: 200 }, (_, i) => `Notes line ${i}\n`).join(''))
/** {@link LINES} by `xz -9` with a CRC-64 check. */
const LINES_XZ = fromBase64(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AtJAOBdACcbyoZnmNsfnmH5VTxuGE5tgGL+HtaZ8JJjlIkjkWwLu2NHei98fd/kyxZP1+le2t7ahQMbf6+aHPCqfQZb7iyG9Apv9zkaQ+faYCjKASf3Ze+uYvjbBqUD0q79Hltjnx+4i8AtQFXpWLmgjSPVJc9OFaRnJADdS8tmLvpKuEmJhR/qfo9Xf0R2NfsJc1atiBe5SWDzR4sdGy+tqkqTTJvn2e1sIzCApm1WE/KV0W4hAUT1ENnt7mI9IikEnoQUEByt/I3iM+X4arMrqMeClzdrEvrSxDohfDPimiXgGwAAAINJcnZf477MAAH8AcoWAACv9T6dscRn+wIAAAAABFla',
)

async function* chunks(bytes: Uint8Array, pieceBytes = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

type Unpack = (bytes: Uint8Array, budget: Budget, partial?: boolean) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
const CODECS: readonly { name: string; unpack: Unpack; packed: Uint8Array; stored: Uint8Array; bomb: Uint8Array }[] = [
  {
    name: 'gunzip()',
    unpack: (bytes, limits, partial) => gunzip(chunks(bytes), limits, partial),
    packed: gzip(LINES),
    stored: gzip(LINES),
    bomb: gzip(new Uint8Array(64 << 20)),
  },
  { name: 'unxz()', unpack: unxz, packed: LINES_XZ, stored: storedXz(LINES), bomb: storedXz(new Uint8Array(12 << 20)) },
  {
    name: 'unzstd()',
    unpack: unzstd,
    packed: Uint8Array.from(zstdCompressSync(LINES)),
    stored: storedZstd(LINES),
    bomb: zstdBomb(5000),
  },
  { name: 'bunzip2()', unpack: bunzip2, packed: LINES_BZ2, stored: LINES_BZ2_IN_TWO, bomb: ZEROS_BZ2 },
]

async function all(input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of input) parts.push(part)
  return concat(...parts)
}

for (const { name, unpack, packed, stored, bomb } of CODECS) {
  test(`${name} unpacks compressed and stored streams`, async () => {
    assert.deepEqual(await all(unpack(packed, budget())), LINES)
    assert.deepEqual(await all(unpack(stored, budget())), LINES)
  })

  test(`${name} stops a bomb at the budget, and works again afterwards`, async () => {
    await assert.rejects(all(unpack(bomb, budget())), FormatLimitError)
    assert.deepEqual(await all(unpack(packed, budget())), LINES)
  })

  test(`${name} can be left early, and works again afterwards`, async () => {
    for await (const chunk of unpack(bomb, budget(1 << 30))) {
      assert.ok(chunk.length > 0)
      break
    }
    assert.deepEqual(await all(unpack(packed, budget())), LINES)
  })

  test(`${name} refuses a cut stream, but gives what there is of one that was cut on purpose`, async () => {
    const cut = stored.subarray(0, stored.length - 10)
    await assert.rejects(
      all(unpack(cut, budget())),
      (error) => error instanceof FormatError || error instanceof RangeError,
    )
    const some = await all(unpack(cut, budget(), true))
    assert.deepEqual(some, LINES.subarray(0, some.length))
  })

  test(`${name} ends every prefix and 2000 damaged copies with bytes or a FormatError`, {
    timeout: MANY_MS,
  }, async () => {
    const random = seededRandom(23)
    const inputs = [...prefixes(packed), ...Array.from({ length: 2000 }, () => mutate(packed, random))]
    for (const bytes of inputs) {
      try {
        await all(unpack(bytes, budget()))
      } catch (error) {
        if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
      }
    }
    assert.deepEqual(await all(unpack(packed, budget())), LINES)
  })
}

test('bunzip2() gives no other bytes than those that were packed, whichever bit is damaged', async () => {
  for (let bit = 0; bit < LINES_BZ2.length * 8; bit++) {
    const damaged = Uint8Array.from(LINES_BZ2)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    try {
      assert.deepEqual(await all(bunzip2(damaged, budget())), LINES, `bit ${bit}`)
    } catch (error) {
      if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
    }
  }
})

test('bunzip2() checks the checksum of a stream beside those of its blocks', async () => {
  // Every bit of these three bytes belongs to it.
  for (let at = LINES_BZ2.length - 4; at < LINES_BZ2.length - 1; at++) {
    const damaged = Uint8Array.from(LINES_BZ2)
    damaged[at]! ^= 0xff
    await assert.rejects(all(bunzip2(damaged, budget())), FormatError)
  }
})

test('bunzip2() ignores what follows the last stream, as bzip2 does', async () => {
  assert.deepEqual(await all(bunzip2(concat(LINES_BZ2, utf8('junk')), budget())), LINES)
  assert.deepEqual(await all(bunzip2(concat(LINES_BZ2, LINES_BZ2_IN_TWO), budget())), concat(LINES, LINES))
})

test('bunzip2() reads a hundred thousand empty streams without taking memory for each', async () => {
  const empty = Uint8Array.of(0x42, 0x5a, 0x68, 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0)
  const many = new Uint8Array(empty.length * 100_000)
  for (let at = 0; at < many.length; at += empty.length) many.set(empty, at)
  assert.equal((await all(bunzip2(many, budget()))).length, 0)
})

test('gunzip() passes an error of its input unchanged', async () => {
  const broken = new Error('EIO')
  const input: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(broken) }),
  }
  await assert.rejects(all(gunzip(input, budget())), (error) => error === broken)
})

test('xzDictionaryBytes() reads the dictionary from the block header', () => {
  assert.equal(xzDictionaryBytes(storedXz(LINES)), 16 << 20)
  assert.equal(xzDictionaryBytes(storedXz(LINES, { dictionary: 40 })), 2 ** 32 - 1)
  assert.equal(xzDictionaryBytes(LINES_XZ), 64 << 20)
})

test('unxz() refuses a dictionary above 64 MiB before it decodes anything', async () => {
  for (const dictionary of [29, 32, 40]) {
    await assert.rejects(all(unxz(storedXz(LINES, { dictionary }), budget())), FormatLimitError)
  }
  await assert.rejects(all(unxz(storedXz(LINES, { dictionary: 41 }), budget())), FormatError)
})

test('unxz() serves several streams at once, also when one of them is left early', async () => {
  const leave = async () => {
    for await (const _ of unxz(storedXz(new Uint8Array(4 << 20)), budget())) break
  }
  const results = await Promise.all([
    all(unxz(LINES_XZ, budget())),
    leave(),
    all(unxz(LINES_XZ, budget())),
    leave(),
    all(unxz(LINES_XZ, budget())),
  ])
  assert.deepEqual(
    results.filter((result) => result !== undefined),
    [LINES, LINES, LINES],
  )
})

test('unzstd() tells damage by the checksum of a frame', async () => {
  // 300 000 zeros by zstd 1.5.4 with --check.
  const sound = fromBase64('KLUv/QRYVAAAEAAAAQD7/znAAgIAEAADnwQALSjeJg==')
  assert.deepEqual(await all(unzstd(sound, budget())), new Uint8Array(300_000))
  const wrong = Uint8Array.from(sound)
  wrong[sound.length - 1]! ^= 1
  await assert.rejects(all(unzstd(wrong, budget())), /do not have their checksum/)
  await assert.rejects(all(unzstd(sound.subarray(0, -1), budget())), RangeError)
})

test('unzstd() refuses a window above 128 MiB, in the first frame and in a later one', async () => {
  const wide = storedZstd(LINES, { window: 0x89 })
  await assert.rejects(all(unzstd(wide, budget())), FormatLimitError)
  await assert.rejects(all(unzstd(concat(storedZstd(LINES), wide), budget())), FormatLimitError)
})

test('unzstd() reads several frames and skippable ones', async () => {
  const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9)
  const bytes = concat(skippable, storedZstd(LINES), skippable, storedZstd(LINES))
  assert.deepEqual(await all(unzstd(bytes, budget())), concat(LINES, LINES))
})

test('unzstd() ends a stream of tiny blocks with a huge window by the clock', async () => {
  const tiny = concat(
    Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x88),
    new Uint8Array(400_000).map((_, i) => [0x0a, 0, 0, 0][i % 4]!),
  )
  await assert.rejects(all(unzstd(tiny, budget(8 << 20, 300))), FormatLimitError)
})
