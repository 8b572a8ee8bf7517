import { test } from 'node:test'
import { createMemoryBlobStore } from '../../adapters/memory/blob-store.ts'
import { createMemoryStaging } from '../../adapters/memory/staging.ts'
import { stagingCases } from '../suites/staging.ts'

for (const { name, run } of stagingCases)
  test(`createMemoryStaging() ${name}`, () =>
    run(async () => {
      const blobs = createMemoryBlobStore()
      const staging = createMemoryStaging(blobs)
      return {
        staging,
        blobs,
        restart: () => staging,
        damage: async (digest) => {
          const { sizeBytes } = (await blobs.stat(digest))!
          const bytes = new Uint8Array(await blobs.read(digest, { offset: 0, length: sizeBytes }))
          bytes[0]! ^= 1
          blobs.place(digest, bytes, true)
        },
      }
    }))
