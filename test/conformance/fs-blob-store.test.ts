import { test } from 'node:test'
import { blobStoreCases } from '../suites/blob-store.ts'
import { fsCases } from './fs-folder.ts'

const inFsFolder = fsCases()
for (const { name, run } of blobStoreCases)
  test(`createFsBlobStore() ${name}`, () => inFsFolder(({ blobs }) => run(async () => blobs)))
