import assert from 'node:assert/strict'
import { type CreateHasher, type Digest, nobleHasher } from '../../src/bytes/digest.ts'
import { seededBytes } from './bodies.ts'

export interface HasherCase {
  readonly name: string
  readonly run: (createHasher: CreateHasher) => void
}

const ascii = (text: string) => new TextEncoder().encode(text)

/** NIST, "SHA256 Example" (FIPS 180-4) and the long messages of the SHA test vectors. */
const VECTORS: readonly { readonly what: string; readonly bytes: () => Uint8Array; readonly digest: Digest }[] = [
  {
    what: 'no bytes',
    bytes: () => new Uint8Array(0),
    digest: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  },
  {
    what: '"abc"',
    bytes: () => ascii('abc'),
    digest: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  },
  {
    what: 'a message of 448 bits',
    bytes: () => ascii('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    digest: 'sha256:248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  },
  {
    what: 'a message of 896 bits',
    bytes: () =>
      ascii(
        'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
      ),
    digest: 'sha256:cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
  },
  {
    what: 'a million times "a"',
    bytes: () => new Uint8Array(1_000_000).fill(0x61),
    digest: 'sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  },
]

/** What every {@link CreateHasher} must do. */
export const hasherCases: readonly HasherCase[] = [
  ...VECTORS.map(({ what, bytes, digest }) => ({
    name: `gives the published digest of ${what}`,
    run: (createHasher: CreateHasher) => {
      const hasher = createHasher()
      hasher.update(bytes())
      assert.equal(hasher.digest(), digest)
    },
  })),
  {
    name: 'does not care how bytes are cut into chunks',
    run: (createHasher) => {
      const bytes = seededBytes(300_000)
      const cuts = seededBytes(4000, 7)
      for (let round = 0; round < 20; round++) {
        const [hasher, reference] = [createHasher(), nobleHasher()]
        reference.update(bytes)
        for (let at = 0, i = round; at < bytes.byteLength; i++) {
          const length = i % 5 === 0 ? cuts[i % 4000]! * 256 : cuts[i % 4000]!
          hasher.update(bytes.subarray(at, at + length))
          at += length
        }
        assert.equal(hasher.digest(), reference.digest())
      }
    },
  },
  {
    name: 'hashes the part of a buffer that a view shows',
    run: (createHasher) => {
      const bytes = seededBytes(1000)
      const [view, copy] = [createHasher(), createHasher()]
      view.update(bytes.subarray(13, 700))
      copy.update(bytes.slice(13, 700))
      assert.equal(view.digest(), copy.digest())
    },
  },
  {
    name: 'has read the bytes when update() returns',
    run: (createHasher) => {
      const bytes = seededBytes(100_000)
      const [hasher, reference] = [createHasher(), nobleHasher()]
      reference.update(bytes)
      hasher.update(bytes)
      bytes.fill(0)
      assert.equal(hasher.digest(), reference.digest())
    },
  },
  {
    name: 'keeps hashers apart that run side by side',
    run: (createHasher) => {
      const hashers = Array.from({ length: 50 }, createHasher)
      for (let round = 0; round < 3; round++)
        for (const [i, hasher] of hashers.entries()) hasher.update(Uint8Array.of(i, round))
      for (const [i, hasher] of hashers.entries()) {
        const reference = nobleHasher()
        reference.update(Uint8Array.of(i, 0, i, 1, i, 2))
        assert.equal(hasher.digest(), reference.digest())
      }
    },
  },
]
