import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { builtRpms } from './built/rpm.ts'
import { flippedCopies } from './flipped.ts'
import { inspectFile } from './ours.ts'
import { nameOf, samples } from './samples.ts'
import { ask, told } from './tool.ts'

needPrograms({ rpm: 'rpm', rpmkeys: 'rpm' })

const QUERY = [
  '%{NAME}',
  '%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}',
  '%|SOURCERPM?{%{ARCH}}:{src}|',
  '%|SUMMARY?{%{SUMMARY}}:{}|',
  '%|LICENSE?{%{LICENSE}}:{}|',
  '%|URL?{%{URL}}:{}|',
  '%|VENDOR?{%{VENDOR}}:{}|',
  '%|PAYLOADFORMAT?{%{PAYLOADFORMAT}}:{}|',
  '%|PAYLOADCOMPRESSOR?{%{PAYLOADCOMPRESSOR}}:{}|',
  '%|SOURCERPM?{%{SOURCERPM}}:{}|',
  '%{LONGSIZE}',
  '%{BUILDTIME}',
]

const others = await samples(({ path }) => path.endsWith('.rpm'))
const ours = await builtRpms()
const rpms = [...others.map((each) => ({ name: nameOf(each), file: each.file })), ...ours]
const damaged = ours.filter(({ name }) => /zstd|signed-rsa/.test(name)).flatMap(({ file }) => flippedCopies(file, 80))

async function queried(file: string, format: string): Promise<string> {
  return String(
    await told('rpm', ['--query', '--package', '--nosignature', '--nodigest', '--queryformat', format, file]),
  )
}

for (const { name, file } of damaged) {
  test(`${name}: its digests hold where rpmkeys says so`, async () => {
    const { code, stdout, stderr } = await ask('rpmkeys', ['--checksig', '--verbose', '--nosignature', file])
    const { inspection, checks } = await inspectFile(file)
    // Without its magic it is none to us.
    if (inspection.format !== 'rpm') return
    const isRefused = checks.some(({ level }) => level === 'error')
    // rpm also wants the order of tags that nobody reads to be that of their values.
    if (!isRefused && /tag\[\d+\]: BAD/.test(stderr)) return
    assert.equal(isRefused, code !== 0, `${JSON.stringify(checks)}\n${stdout}${stderr}`)
  })
}

for (const { name, file } of rpms) {
  test(`${name}: facts are those of rpm`, async () => {
    const [query, description, requires] = await Promise.all(
      [QUERY.join('\\n'), '%|DESCRIPTION?{%{DESCRIPTION}}:{}|', '[%{REQUIRENEVRS}\\n]'].map((each) =>
        queried(file, each),
      ),
    )
    const [
      identifier,
      version,
      architecture,
      summary,
      license,
      url,
      vendor,
      payloadFormat,
      payloadCompressor,
      sourceRpm,
      installedSizeBytes,
      buildTime,
    ] = query!.split('\n').map((text) => text || undefined)
    const { inspection } = await inspectFile(file)
    const { facts = {} } = inspection
    assert.deepEqual(
      {
        identifier: inspection.identifier,
        version: inspection.version,
        architecture: facts.architecture,
        summary: facts.summary,
        license: facts.license,
        url: facts.url,
        vendor: facts.vendor,
        payloadFormat: facts.payloadFormat,
        payloadCompressor: facts.payloadCompressor,
        sourceRpm: facts.sourceRpm,
        description: facts.description,
        installedSizeBytes: facts.installedSizeBytes,
        builtAt: facts.builtAt,
        requires: facts.requires ?? [],
      },
      {
        identifier,
        version,
        architecture,
        summary,
        license,
        url,
        vendor,
        payloadFormat,
        payloadCompressor,
        sourceRpm,
        // As we show a text of several lines.
        description: description!.replaceAll(/[\n\t]+/g, ' ').trim() || undefined,
        installedSizeBytes: Number(installedSizeBytes),
        builtAt: new Date(Number(buildTime) * 1000).toISOString(),
        requires: [...new Set(requires!.split('\n'))].filter((each) => each !== '' && !each.startsWith('rpmlib(')),
      },
    )
  })

  test(`${name}: digests hold where rpmkeys says so`, async () => {
    const { code, stdout } = await ask('rpmkeys', ['--checksig', '--verbose', '--nosignature', file])
    const report = await inspectFile(file)
    assert.equal(
      report.checks.some(({ level }) => level === 'error'),
      code !== 0,
      stdout,
    )
  })

  test(`${name}: signatures are made by the keys that rpm names`, async () => {
    const tags = ['DSAHEADER', 'RSAHEADER', 'SIGGPG', 'SIGPGP']
    const query = tags.map((tag) => `%|${tag}?{%{${tag}:pgpsig}}:{}|`).join('\\n')
    const lines = await queried(file, query)
    // A key signs the header, and often header and payload once more: that is one signature to a reader.
    const timeOf = new Map<string, string>()
    for (const [, time, keyId] of lines.matchAll(/, (\w{3} \w{3} +\d+ [\d:]+ \d{4}), Key ID ([0-9a-f]{16})/g))
      if (!timeOf.has(keyId!)) timeOf.set(keyId!, new Date(`${time} UTC`).toISOString())
    const { inspection } = await inspectFile(file)
    assert.deepEqual(inspection.facts?.signatureKeyIds ?? [], [...timeOf.keys()])
    assert.deepEqual(
      (inspection.signatures ?? []).map(({ signedAt }) => signedAt),
      [...timeOf.values()],
    )
  })
}
