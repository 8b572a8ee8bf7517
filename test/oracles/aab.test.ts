import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { factsLikeBadging, parseBadging, wholeVersionCode } from './badging.ts'
import { builtAabs, CONVERTED, UPLOADER } from './built/aab.ts'
import { certificateOf } from './certificates.ts'
import { codesOf, inspectFile } from './ours.ts'
import { ask, told } from './tool.ts'

needPrograms({ aapt: 'aapt', unzip: 'unzip', jarsigner: 'default-jdk-headless' })

const bundles = await builtAabs()
assert.ok(bundles.length > 0)

for (const { name, file } of bundles) {
  const converted = join(dirname(file), CONVERTED)

  test(`${name}: facts are those of aapt on what aapt2 converts`, async () => {
    const report = await inspectFile(file)
    assert.deepEqual(codesOf(report, 'error'), [])
    assert.equal(report.inspection.format, 'aab')
    const badging = parseBadging(String(await told('aapt', ['dump', 'badging', converted])))
    const members = String(await told('unzip', ['-Z1', file]))
    const abis = new Set([...members.matchAll(/^[^/\n]+\/lib\/([^/]+)\//gm)].map((match) => match[1]!))
    const buildNumber = await wholeVersionCode(converted, badging.buildNumber)
    assert.deepEqual(factsLikeBadging(report), { ...badging, buildNumber, abis: [...abis].sort() })
    const modules = new Set([...members.matchAll(/^([^/\n]+)\/manifest\//gm)].map((match) => match[1]!))
    assert.deepEqual(report.inspection.facts?.modules, [...modules].sort())
  })

  test(`${name}: signatures are those of jarsigner`, async () => {
    const { inspection } = await inspectFile(file)
    const { stdout } = await ask('jarsigner', ['-verify', file])
    const isSigned = /^jar verified\.$/m.test(stdout)
    assert.equal(isSigned, !/^jar is unsigned\.$/m.test(stdout), stdout)
    const uploader = await certificateOf(join(dirname(file), UPLOADER))
    assert.deepEqual(
      (inspection.signatures ?? []).map(({ signer, certificateSha256, validFrom, validTo }) => ({
        signer,
        certificateSha256,
        validFrom,
        validTo,
      })),
      isSigned ? [uploader] : [],
    )
    assert.ok((inspection.signatures ?? []).every(({ state }) => state !== 'invalid'))
  })
}
