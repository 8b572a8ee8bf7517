import assert from 'node:assert/strict'
import process from 'node:process'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gunzipSync } from 'node:zlib'
import { bytesSource } from '../../src/bytes/byte-source.ts'
import { type BudgetLimits, createBudget } from '../../src/formats/budget.ts'
import { FormatError } from '../../src/formats/format-error.ts'
import { readZipDirectory, readZipMember } from '../../src/formats/zip.ts'
import type { InspectLimits } from '../../src/inspect/inspector.ts'
import { gzip } from '../fixtures/stored-streams.ts'
import { buildZip, type ZipMember } from '../fixtures/zip-writer.ts'
import { judgeInspection } from '../suites/inspector.ts'
import { INSPECTOR_SUBJECTS } from '../suites/inspector-subjects.ts'
import { mutate, seededRandom } from '../suites/mutations.ts'
import { READER_SUBJECTS } from '../suites/reader-subjects.ts'

/** Each parser reads this many damaged copies; DISTD_TEST_MUTATIONS asks for fewer or more. */
const MUTATIONS = Number(process.env.DISTD_TEST_MUTATIONS ?? 100_000)
/** DISTD_TEST_SEED repeats a run, or makes one that nobody has made. */
const SEED = Number(process.env.DISTD_TEST_SEED ?? 0x5eed)
const LIMITS: BudgetLimits & InspectLimits = {
  maxReadBytes: 16 << 20,
  maxInflatedBytes: 16 << 20,
  maxEntries: 20_000,
  maxMs: 1000,
}
/** What may stay in memory after all of them. */
const MAX_GROWTH_BYTES = 64 << 20
const HOURS_MS = 6 * 3_600_000

/** Asks the engine to give back what nobody holds, so that what is measured is held. */
const collect: () => void = (() => {
  const bun: unknown = Reflect.get(globalThis, 'Bun')
  if (typeof bun === 'object' && bun !== null) {
    const gc: unknown = Reflect.get(bun, 'gc')
    if (typeof gc === 'function') return () => gc(true)
  }
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
})()

/** What is freed by the system's own inflaters is freed some turns after the objects that held it. */
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return process.memoryUsage().rss
}

/**
 * Reads damaged copies one after another. A copy may take a second only when it does so three times: machines have
 * seconds in which nothing runs.
 */
async function readMany(copyOf: () => Uint8Array, read: (bytes: Uint8Array, label: string) => Promise<void>) {
  // Until caches are full and the engine has compiled what it will.
  const warmUp = Math.ceil(MUTATIONS / 5)
  let start = 0
  for (let i = 0; i < MUTATIONS; i++) {
    if (i === warmUp) start = await heldBytes()
    const bytes = copyOf()
    const label = `mutation ${i} of seed ${SEED} (${Buffer.from(bytes.subarray(0, 3000)).toString('base64')})`
    let fastest = Number.POSITIVE_INFINITY
    for (let tries = 0; tries < 3 && fastest > LIMITS.maxMs; tries++) {
      const began = performance.now()
      await read(bytes, label)
      fastest = Math.min(fastest, performance.now() - began)
    }
    assert.ok(fastest <= LIMITS.maxMs, `${label} takes ${Math.round(fastest)} ms`)
  }
  const growth = (await heldBytes()) - start
  // Of a short run the engine's own memory is most.
  if (MUTATIONS < 50_000) return
  assert.ok(growth < MAX_GROWTH_BYTES, `${growth} bytes more are held after seed ${SEED}`)
}

/** Damages the file, or, behind checksums that hold again, one member of it. */
async function damageOf(fixture: Uint8Array): Promise<(random: (below: number) => number) => Uint8Array> {
  const source = bytesSource(fixture)
  if (fixture[0] === 0x1f && fixture[1] === 0x8b) {
    const inner = gunzipSync(fixture)
    return (random) => (random(2) === 0 ? mutate(fixture, random) : gzip(mutate(inner, random)))
  }
  if (fixture[0] !== 0x50 || fixture[1] !== 0x4b) return (random) => mutate(fixture, random)
  const budget = createBudget(LIMITS)
  const directory = await readZipDirectory(source, budget)
  const members: ZipMember[] = []
  for (const entry of directory.entries) {
    const isFolder = entry.name.endsWith('/')
    const data = isFolder ? '' : await readZipMember(source, directory, entry, LIMITS.maxInflatedBytes, budget)
    members.push({ name: entry.rawName, data, method: 0, mode: entry.unixMode })
  }
  return (random) => {
    if (random(2) === 0) return mutate(fixture, random)
    const chosen = random(members.length)
    return buildZip(
      members.map((member, i) =>
        i === chosen && member.data instanceof Uint8Array ? { ...member, data: mutate(member.data, random) } : member,
      ),
    )
  }
}

for (const { name, fixture, read } of READER_SUBJECTS) {
  test(`${name} ends ${MUTATIONS} damaged copies with a value or a FormatError`, { timeout: HOURS_MS }, async () => {
    const random = seededRandom(SEED)
    await readMany(
      () => mutate(fixture, random),
      async (bytes, label) => {
        try {
          await read(bytes, createBudget(LIMITS))
        } catch (error) {
          if (!(error instanceof FormatError) && !(error instanceof RangeError))
            throw new Error(label, { cause: error })
          assert.doesNotMatch(String(error), /call stack|Invalid (?:typed )?array/i, label)
        }
      },
    )
  })
}

for (const { inspector, fixture, fixtureName } of INSPECTOR_SUBJECTS) {
  const what = `${inspector.name} inspector ends ${MUTATIONS} damaged copies of ${fixtureName}`
  test(`${what} with facts or an InspectionError`, { timeout: HOURS_MS }, async () => {
    const random = seededRandom(SEED)
    const damage = await damageOf(fixture)
    await readMany(
      () => damage(random),
      (bytes, label) => judgeInspection(inspector, bytes, label, LIMITS),
    )
  })
}
