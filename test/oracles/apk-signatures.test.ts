import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import type { Inspection, InspectionReport } from '../../src/model/inspection.ts'
import { needPrograms } from '../helpers/debian.ts'
import { allApks } from './apks.ts'
import { type ApkVerdict, apksignerSays, type SdkRange } from './apksigner.ts'
import { certificateOf } from './certificates.ts'
import { flippedCopies } from './flipped.ts'
import { inspectFile } from './ours.ts'
import { ask } from './tool.ts'

type Scheme = 'v1' | 'v2' | 'v3'

/**
 * Ranges of Android that go by one scheme at most, with the schemes that they go by: the first that is there. Within
 * one range apksigner says nothing of the others.
 */
const RANGES: readonly { readonly range: SdkRange; readonly schemes: readonly Scheme[] }[] = [
  { range: { min: 28 }, schemes: ['v3', 'v2', 'v1'] },
  { range: { min: 24, max: 27 }, schemes: ['v2', 'v1'] },
  { range: { min: 18, max: 23 }, schemes: ['v1'] },
]

/** Small packages with all schemes, of which damaged copies are made. */
const TO_DAMAGE = ['golden-aligned-v1v2v3-out.apk', 'golden-aligned-v2-out.apk', 'rotated-twice.apk', 'ec-v1v2v3.apk']
const FLIPS = 80

needPrograms({ unzip: 'unzip', openssl: 'openssl' })
const whole = await allApks()
const damaged = whole
  .filter(({ file }) => TO_DAMAGE.includes(basename(file)))
  .flatMap(({ file }) => flippedCopies(file, FLIPS))
const apks = [...whole, ...damaged]
const questions = apks.flatMap(({ file }) => RANGES.map(({ range }) => ({ file, range })))
const answers = await apksignerSays(questions)

/** Where we refuse what apksigner lets pass, by name, with the reason. */
const ANY_SIGNATURE = 'its signer signed twice, in two ways: we verify both, and Android only the stronger one'
const STRICTER: Readonly<Record<string, string>> = {
  'golden-aligned-v1v2v3-out.apk with a bit flipped at 9444': ANY_SIGNATURE,
  'golden-aligned-v1v2v3-out.apk with a bit flipped at 9607': ANY_SIGNATURE,
}

test('samples cover every scheme, and damage that apksigner sees', () => {
  for (const scheme of ['v1', 'v2', 'v3'])
    assert.ok(
      answers.some(({ schemes }) => schemes.includes(scheme)),
      scheme,
    )
  const ofDamaged = answers.slice(whole.length * RANGES.length)
  assert.ok(ofDamaged.filter(({ verifies }) => !verifies).length > ofDamaged.length / 2)
})

for (const [index, { name, file }] of apks.entries()) {
  test(`${name}: signatures are those of apksigner`, async () => {
    const report = await inspectFile(file)
    const verdicts = RANGES.map((_, at) => answers[index * RANGES.length + at]!)
    if (STRICTER[name] !== undefined) {
      assert.ok(report.checks.some(({ code }) => code === 'apk.signature_invalid'))
      return
    }
    // A damaged member is none to us, so the certificate in it is not shown; apksigner looks at no check sum.
    const isDamaged = name.includes('flipped') && (await ask('unzip', ['-tqq', file])).code !== 0
    for (const [at, { schemes }] of RANGES.entries())
      if (!isDamaged || schemes[0] !== 'v1') compare(report, schemes, verdicts[at]!)
    if (isStripped(report))
      assert.ok(
        verdicts.some(({ verifies }) => !verifies),
        'apksigner misses a signature too',
      )
  })
}

/** apksigner, asked for every system that the manifest says the package is for. */
const ofManifest = await apksignerSays(whole.map(({ file }) => ({ file, range: {} })))

for (const [index, { name, file }] of whole.entries()) {
  test(`${name}: the v1 signature that it lacks is missed where apksigner misses it`, async () => {
    const { checks, inspection } = await inspectFile(file)
    // Without any signature, that is what is told.
    if (inspection.signatures === undefined || inspection.signatures.length === 0) return
    const { said, verifies } = ofManifest[index]!
    const isTold = checks.some(({ code }) => code === 'apk.needs_v1_signature')
    const isMissed = said.includes('Missing META-INF/MANIFEST.MF')
    // A damaged signature of a later scheme is all that apksigner says.
    assert.ok(isTold ? !verifies : !isMissed, `${JSON.stringify(checks)}\n${said}`)
  })
}

test('samples cover packages that lack a v1 signature', () => {
  assert.ok(ofManifest.filter(({ said }) => said.includes('Missing META-INF/MANIFEST.MF')).length > 3)
})

for (const { name, file } of whole.filter(({ name }) => /built rotated|lineage/.test(name))) {
  test(`${name}: certificates before this one are those of apksigner`, async () => {
    const { inspection } = await inspectFile(file)
    const signature = inspection.signatures?.find(({ scheme }) => scheme === 'apk-v3')
    const { code, stdout } = await ask('apksigner', ['lineage', '--in', file, '--print-certs'])
    if (code !== 0) {
      assert.equal(signature?.lineage, undefined)
      return
    }
    const chain = [...stdout.matchAll(/certificate SHA-256 digest: ([0-9a-f]{64})/g)].map((match) => match[1])
    assert.deepEqual([...(signature?.lineage ?? []), signature?.certificateSha256], chain)
  })
}

for (const { name, file } of whole.filter(({ name }) => name.startsWith('built '))) {
  test(`${name}: certificates are those of openssl`, async () => {
    const { inspection } = await inspectFile(file)
    const folder = dirname(file)
    const certificates = readdirSync(folder).filter((each) => each.endsWith('.crt'))
    const told = await Promise.all(certificates.map((each) => certificateOf(join(folder, each))))
    for (const { signer, certificateSha256, validFrom, validTo } of inspection.signatures ?? []) {
      const expected = told.find((each) => each.certificateSha256 === certificateSha256)
      assert.deepEqual({ signer, certificateSha256, validFrom, validTo }, expected)
    }
  })
}

function compare(report: InspectionReport, schemes: readonly Scheme[], verdict: ApkVerdict): void {
  const ours = (report.inspection.signatures ?? []).filter(({ scheme }) => scheme !== 'apk-v3.1')
  const scheme = schemes.find((each) => ours.some((one) => one.scheme === `apk-${each}`))
  const relevant = ours.filter((one) => one.scheme === `apk-${scheme}`)
  const isUnreadable = report.checks.some(({ code }) => code.startsWith('inspect.'))
  const refuses = isUnreadable || scheme === undefined || relevant.some(({ state }) => state === 'invalid')
  const what = `${schemes.join()}: ${JSON.stringify(relevant)}\n${JSON.stringify(report.checks)}\n${verdict.said}`
  if (refuses) {
    assert.equal(verdict.verifies, false, what)
    return
  }
  if (!verdict.verifies) {
    assert.ok(isUnverified(relevant) || isStripped(report), what)
    return
  }
  assert.deepEqual(verdict.schemes, [scheme], what)
  assert.deepEqual(
    relevant.map(({ certificateSha256 }) => certificateSha256),
    verdict.certificates,
    what,
  )
  for (const [i, name] of verdict.names.entries())
    if (isPlain(name)) assert.equal(relevant[i]?.signer, name.replaceAll(/\bEMAILADDRESS=/g, 'E='), what)
}

/** Names in which nothing is escaped: Java quotes what RFC 4514 escapes. */
function isPlain(name: string): boolean {
  return /^[\w=., @-]*$/.test(name)
}

/** We do not promise what we did not verify: DSA, and the members behind the lists of scheme v1. */
function isUnverified(signatures: NonNullable<Inspection['signatures']>): boolean {
  return signatures.some(({ state }) => state === 'unverified')
}

function isStripped(report: InspectionReport): boolean {
  return report.checks.some(({ code }) => code === 'apk.signature_stripped')
}
