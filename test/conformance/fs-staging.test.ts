import { chmod, open } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { blobPath } from '../../src/blob/layout.ts'
import { stagingCases } from '../suites/staging.ts'
import { fsCases, openFs } from './fs-folder.ts'

const inFsFolder = fsCases()
for (const { name, run } of stagingCases)
  test(`createFsStaging() ${name}`, () =>
    inFsFolder(({ root, blobs, staging }) =>
      run(async () => ({
        staging,
        blobs,
        restart: () => openFs(root).staging,
        damage: async (digest) => {
          const path = join(root, blobPath(digest))
          const [first] = await blobs.read(digest, { offset: 0, length: 1 })
          await chmod(path, 0o644)
          const file = await open(path, 'r+')
          await file.write(Uint8Array.of(first! ^ 1), 0, 1, 0)
          await file.close()
        },
      })),
    ))
