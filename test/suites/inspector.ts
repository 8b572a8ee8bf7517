import assert from 'node:assert/strict'
import { type ByteSource, bytesSource } from '../../src/bytes/byte-source.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import { InspectionError, type Inspector } from '../../src/inspect/inspector.ts'
import { Check, Inspection, type InspectionReport } from '../../src/model/inspection.ts'
import { assertInTime, HOSTILE_LIMITS } from './budgets.ts'
import { damageOf } from './damage.ts'
import { prefixes, seededRandom } from './mutations.ts'

/** What is good must be read also where the machine does much else. */
const PATIENT_LIMITS = { ...HOSTILE_LIMITS, maxMs: 30_000 }

export interface InspectorCase {
  readonly name: string
  run(): Promise<void>
}

export interface InspectorSubject {
  readonly inspector: Inspector
  /** What the fixture is, for test names: `apk`, `deb.xz`. */
  readonly fixtureName: string
  readonly fixture: Uint8Array
  readonly expected: Inspection
  /** How many damaged copies are read. */
  readonly mutations: number
}

/** What every inspector must do with a good file, a cut one and a damaged one. */
export function inspectorCases(subject: InspectorSubject): InspectorCase[] {
  const { inspector, fixture, fixtureName } = subject
  const head = (bytes: Uint8Array) => bytes.subarray(0, 4096)
  const what = `${inspector.name} inspector`
  return [
    {
      name: `${what} recognises ${fixtureName} and reads the expected facts without a finding of level error`,
      async run() {
        const source = bytesSource(fixture)
        assert.equal(await inspector.sniff(head(fixture), source), true)
        const report = await inspector.inspect(source, PATIENT_LIMITS)
        assert.deepEqual(report.inspection, subject.expected)
        assert.deepEqual(
          report.checks.filter((check) => check.level === 'error'),
          [],
        )
      },
    },
    {
      name: `${what} ends every prefix of ${fixtureName} with facts or an InspectionError`,
      async run() {
        for (const prefix of prefixes(fixture)) await judgeInspection(inspector, prefix)
      },
    },
    {
      name: `${what} ends ${subject.mutations} damaged copies of ${fixtureName} with facts or an InspectionError`,
      async run() {
        const random = seededRandom(0x5eed)
        const damage = await damageOf(fixture)
        for (let i = 0; i < subject.mutations; i++) await judgeInspection(inspector, damage(random), `mutation ${i}`)
      },
    },
    {
      name: `${what} passes an error of the disk below ${fixtureName} unchanged`,
      async run() {
        const broken = new Error('EIO')
        const source: ByteSource = {
          sizeBytes: fixture.length,
          read: (offset, length) =>
            offset === 0 && length === Math.min(4096, fixture.length)
              ? bytesSource(fixture).read(offset, length)
              : Promise.reject(broken),
        }
        await assert.rejects(inspectArtifact(source, PATIENT_LIMITS), (error) => error === broken)
      },
    },
  ]
}

/** Both ways in, each within its time: the inspector itself may throw InspectionError, the front door may not throw at all. */
export async function judgeInspection(
  inspector: Inspector,
  bytes: Uint8Array,
  label = `the first ${bytes.length} bytes`,
): Promise<void> {
  const source = bytesSource(bytes)
  const what = `${inspector.name}, ${label},`
  await assertInTime(what, HOSTILE_LIMITS.maxMs, async () => {
    try {
      if (await inspector.sniff(bytes.subarray(0, 4096), source))
        assertReport(await inspector.inspect(source, HOSTILE_LIMITS), bytes, label)
    } catch (error) {
      if (!(error instanceof InspectionError)) throw new Error(`${inspector.name} threw for ${label}`, { cause: error })
    }
  })
  await assertInTime(what, HOSTILE_LIMITS.maxMs, async () => {
    assertReport(await inspectArtifact(source, HOSTILE_LIMITS), bytes, label)
  })
}

/** U+FFFD in UTF-8. */
const REPLACEMENT = [0xef, 0xbf, 0xbd]

/**
 * A report has the shape that is stored, and its texts are of the bytes: no character stands for bytes that are none,
 * and no surrogate is alone.
 */
function assertReport(report: InspectionReport, bytes: Uint8Array, label: string): void {
  Inspection.parse(report.inspection)
  for (const check of report.checks) Check.parse(check)
  for (const text of textsOf(report)) {
    assert.ok(text.isWellFormed(), `half of a character for ${label}: ${JSON.stringify(text)}`)
    if (text.includes('\ufffd'))
      assert.ok(
        bytes.some((_, at) => REPLACEMENT.every((byte, i) => bytes[at + i] === byte)),
        `${label}: ${text}`,
      )
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.entries(value).flat().flatMap(textsOf) : []
}
