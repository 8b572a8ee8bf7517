import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js'
import { buildApk } from '../../../test/fixtures/build-apk.ts'
import { buildIpa } from '../../../test/fixtures/build-ipa.ts'
import { buildZip } from '../../../test/fixtures/zip-writer.ts'
import { mutate, seededRandom } from '../../../test/suites/mutations.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { createBudget } from '../budget.ts'
import { FormatError } from '../format-error.ts'
import { readZipDirectory, readZipMember } from './zip.ts'
import { findZipConfusion } from './zip-confusion.ts'

/** What a ZIP holds: names with contents; undefined for a member that cannot be unpacked. */
type Contents = ReadonlyMap<string, Uint8Array | undefined>

const LIMITS = { maxInflatedBytes: 8 << 20, maxEntries: 1000, maxMs: 10_000 }

/** Undefined when it cannot be listed, or when a second reader could see something else. */
async function ours(bytes: Uint8Array): Promise<Contents | undefined> {
  const source = bytesSource(bytes)
  const budget = createBudget(LIMITS)
  try {
    const directory = await readZipDirectory(source, budget)
    if ((await findZipConfusion(source, directory, budget)).length > 0) return undefined
    const contents = new Map<string, Uint8Array | undefined>()
    for (const entry of directory.entries) {
      const data = await readZipMember(source, directory, entry, LIMITS.maxInflatedBytes, budget).catch(quiet)
      contents.set(entry.name, data)
    }
    return contents
  } catch (error) {
    quiet(error)
    return undefined
  }
}

/** Only what readers may throw about the bytes. */
function quiet(error: unknown): undefined {
  if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
  return undefined
}

async function theirs(bytes: Uint8Array): Promise<Contents | undefined> {
  const reader = new ZipReader(new Uint8ArrayReader(bytes), { useWebWorkers: false, checkSignature: true })
  try {
    const contents = new Map<string, Uint8Array | undefined>()
    for (const entry of await reader.getEntries()) {
      const data = entry.directory
        ? new Uint8Array(0)
        : await entry.getData(new Uint8ArrayWriter()).catch(() => undefined)
      contents.set(entry.filename, data)
    }
    return contents
  } catch {
    // Whatever it throws: it does not read the file.
    return undefined
  } finally {
    await reader.close()
  }
}

const FIXTURES = {
  'an APK': buildApk({ versionCode: 7, abis: ['arm64-v8a'] }),
  'an IPA': buildIpa(),
  'a ZIP': buildZip([
    { name: 'a/', data: '', method: 0 },
    { name: 'a/stored.txt', data: 'stored '.repeat(500), method: 0 },
    { name: 'a/n\u00f6tes.txt', data: 'notes '.repeat(500) },
  ]),
}

for (const [name, fixture] of Object.entries(FIXTURES)) {
  test(`a second reader of ${name} sees the same members with the same contents`, async () => {
    const [left, right] = [await ours(fixture), await theirs(fixture)]
    assert.deepEqual(left, right)
    assert.ok(left !== undefined && left.size > 1)
  })

  test(`a damaged copy of ${name} without confusion is the same to a second reader, or damaged to one of them`, async () => {
    const random = seededRandom(0x21b)
    let compared = 0
    for (let i = 0; i < 400; i++) {
      const bytes = mutate(fixture, random)
      const [left, right] = [await ours(bytes), await theirs(bytes)]
      if (left === undefined || right === undefined) continue
      assert.deepEqual([...left.keys()].sort(), [...right.keys()].sort(), `names of mutation ${i}`)
      for (const [member, data] of left) {
        const other = right.get(member)
        if (data !== undefined && other !== undefined) assert.deepEqual(data, other, `${member} of mutation ${i}`)
      }
      compared++
    }
    assert.ok(compared > 10, String(compared))
  })
}
