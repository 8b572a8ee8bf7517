import assert from 'node:assert/strict'
import process from 'node:process'
import { test } from 'node:test'
import { collect, forgetPeak, heldNow, peakSince } from '../helpers/own-memory.ts'
import { damageOf } from '../suites/damage.ts'
import { judgeInspection } from '../suites/inspector.ts'
import { INSPECTOR_SUBJECTS } from '../suites/inspector-subjects.ts'
import { everyPrefix, mutate, seededRandom } from '../suites/mutations.ts'
import { READER_SUBJECTS } from '../suites/reader-subjects.ts'
import { judgeReading } from '../suites/readers.ts'

/** How many damaged copies each parser reads; DISTD_TEST_MUTATIONS asks for fewer or more. */
const MUTATIONS = Number(process.env.DISTD_TEST_MUTATIONS ?? 100_000)
/** DISTD_TEST_SEED repeats a run, or makes one that nobody has made. */
const SEED = Number(process.env.DISTD_TEST_SEED ?? 0x5eed)
/** What may stay in memory after all of them, and what one of them may take while it is read. */
const MAX_GROWTH_BYTES = 64 << 20
/** One of so many is measured alone, where the system tells a process its peak. */
const MEASURED_EVERY = 500
const HOURS_MS = 6 * 3_600_000

/** What is freed by the system's own inflaters is freed some turns after the objects that held it. */
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return process.memoryUsage().rss
}

type Judge = (bytes: Uint8Array, label: string) => Promise<void>

/** Reads damaged copies one after another. */
async function readMany(copyOf: () => Uint8Array, judge: Judge): Promise<void> {
  // Until caches are full and the engine has compiled what it will.
  const warmUp = Math.ceil(MUTATIONS / 5)
  let start = 0
  for (let i = 0; i < MUTATIONS; i++) {
    if (i === warmUp) start = await heldBytes()
    const bytes = copyOf()
    const label = `mutation ${i} of seed ${SEED}`
    try {
      await (i >= warmUp && i % MEASURED_EVERY === 0 ? judgePeak(judge, bytes, label) : judge(bytes, label))
    } catch (cause) {
      // Keys of signatures are new in every run, so a seed alone does not bring the bytes back.
      const shown = Buffer.from(bytes.subarray(0, 30_000)).toString('base64')
      throw new Error(`${label}: ${cause} (${bytes.length} bytes: ${shown})`, { cause })
    }
  }
  const growth = (await heldBytes()) - start
  // Of a short run the engine's own memory is most.
  if (MUTATIONS < 50_000) return
  assert.ok(growth < MAX_GROWTH_BYTES, `${growth} bytes more are held after seed ${SEED}`)
}

/** How far memory rises while one copy is read; too far is what rises so far each time. */
async function judgePeak(judge: Judge, bytes: Uint8Array, label: string): Promise<void> {
  let least = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 3 && least > MAX_GROWTH_BYTES; tries++) {
    collect()
    if (!forgetPeak()) return judge(bytes, label)
    const before = heldNow()
    await judge(bytes, label)
    least = Math.min(least, peakSince(before))
  }
  assert.ok(least <= MAX_GROWTH_BYTES, `memory rises by ${least} bytes`)
}

for (const subject of READER_SUBJECTS) {
  const { name, fixture } = subject
  test(`${name} ends every prefix with a value or a FormatError`, { timeout: HOURS_MS }, async () => {
    for (const prefix of everyPrefix(fixture)) await judgeReading(subject, prefix, `the first ${prefix.length} bytes`)
  })

  test(`${name} ends ${MUTATIONS} damaged copies with a value or a FormatError`, { timeout: HOURS_MS }, async () => {
    const random = seededRandom(SEED)
    await readMany(
      () => mutate(fixture, random),
      (bytes, label) => judgeReading(subject, bytes, label),
    )
  })
}

for (const { inspector, fixture, fixtureName } of INSPECTOR_SUBJECTS) {
  const what = `${inspector.name} inspector ends`
  test(`${what} every prefix of ${fixtureName} with facts or an InspectionError`, { timeout: HOURS_MS }, async () => {
    for (const prefix of everyPrefix(fixture)) await judgeInspection(inspector, prefix)
  })

  const copies = `${MUTATIONS} damaged copies of ${fixtureName}`
  test(`${what} ${copies} with facts or an InspectionError`, { timeout: HOURS_MS }, async () => {
    const random = seededRandom(SEED)
    const damage = await damageOf(fixture)
    await readMany(
      () => damage(random),
      (bytes, label) => judgeInspection(inspector, bytes, label),
    )
  })
}
