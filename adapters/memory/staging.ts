import { DigestMismatchError } from '../../src/blob/blob-store.ts'
import { type Staging, StagingLostError } from '../../src/blob/staging.ts'
import { digestOf } from '../../src/bytes/digest.ts'
import type { MemoryBlobStore } from './blob-store.ts'
import { readBody } from './read-body.ts'

/** The reference {@link Staging}: a map that commits into `blobs`. Appends of one upload wait for nobody. */
export function createMemoryStaging(blobs: MemoryBlobStore): Staging {
  const uploads = new Map<string, Uint8Array<ArrayBuffer>>()

  const first = (id: string, sizeBytes: number) => {
    const bytes = uploads.get(id)
    if (!bytes || bytes.byteLength < sizeBytes) throw new StagingLostError(id)
    return bytes.subarray(0, sizeBytes)
  }

  return {
    async begin(id) {
      if (uploads.has(id)) throw new Error(`Cannot begin upload ${id}: it exists`)
      uploads.set(id, new Uint8Array(0))
    },
    async append(id, body, { offset, sizeBytes, signal }) {
      if (offset > sizeBytes) throw new RangeError(`Cannot append at ${offset}: the upload has ${sizeBytes} bytes`)
      const before = first(id, offset)
      const { bytes, ...end } = await readBody(body, sizeBytes - offset, signal)
      const all = new Uint8Array(offset + bytes.byteLength)
      all.set(before)
      all.set(bytes, offset)
      // Not there any more when it was abandoned meanwhile: then it stays away.
      if (uploads.has(id)) uploads.set(id, all)
      return { offset: all.byteLength, ...end }
    },
    async commit(id, expected, { sizeBytes, replace, onVerified }) {
      const bytes = first(id, sizeBytes)
      const staged = uploads.get(id) ?? bytes
      // Gone at once, so that a second commit finds nothing.
      uploads.delete(id)
      const actual = digestOf(staged)
      if (actual !== expected) throw new DigestMismatchError(expected, actual)
      if (staged.byteLength !== sizeBytes)
        throw new RangeError(`Cannot commit upload ${id}: ${staged.byteLength} bytes, not ${sizeBytes}`)
      try {
        await onVerified?.()
      } catch (error) {
        uploads.set(id, staged)
        throw error
      }
      return blobs.place(expected, staged, replace)
    },
    async abandon(id) {
      uploads.delete(id)
    },
    async truncate(id, offset) {
      uploads.set(id, first(id, offset).slice())
    },
    async *list() {
      for (const [id, { byteLength }] of [...uploads]) yield { id, sizeBytes: byteLength }
    },
  }
}
