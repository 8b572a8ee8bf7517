import { test } from 'node:test'
import { createMemoryBlobStore } from '../../adapters/memory/blob-store.ts'
import { blobStoreCases } from '../suites/blob-store.ts'

for (const { name, run } of blobStoreCases)
  test(`createMemoryBlobStore() ${name}`, () => run(async () => createMemoryBlobStore()))
