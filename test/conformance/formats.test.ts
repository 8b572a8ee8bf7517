import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAppRules } from '../../src/apps/app-rules.ts'
import { bytesSource } from '../../src/bytes/byte-source.ts'
import { DistError } from '../../src/errors.ts'
import { resolveDeclared } from '../../src/inspect/declared.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import { INSPECTORS } from '../../src/inspect/inspectors.ts'
import { signerKind } from '../../src/inspect/signers.ts'
import type { IdentityRules } from '../../src/model/app.ts'
import { FORMATS, type Format } from '../../src/model/platform.ts'
import { buildPe } from '../fixtures/build-program.ts'
import { utf8 } from '../fixtures/byte-writer.ts'
import { INSPECTOR_SUBJECTS } from '../suites/inspector-subjects.ts'

interface Traits {
  /** Name of the inspector that recognises it; none where the publisher's word is all there is. */
  readonly inspector: string | undefined
  /** The rule of an app about its identifier. */
  readonly rule?: keyof IdentityRules
  /** In whose words its signers are told. */
  readonly signer?: ReturnType<typeof signerKind>
  /** Formats that bytes of it may be declared as, beside itself. */
  readonly alsoDeclared?: readonly Format[]
}

/** What a new format has to be decided about. */
const TRAITS: Readonly<Record<Format, Traits>> = {
  apk: { inspector: 'apk', rule: 'androidPackage', signer: 'android' },
  aab: { inspector: 'aab', rule: 'androidPackage' },
  apks: { inspector: 'apk-set', rule: 'androidPackage', signer: 'android' },
  xapk: { inspector: 'apk-set', rule: 'androidPackage', signer: 'android' },
  ipa: { inspector: 'ipa', rule: 'appleBundleId', signer: 'apple' },
  'app-zip': { inspector: 'app-zip', rule: 'appleBundleId', signer: 'apple', alsoDeclared: ['zip'] },
  dmg: { inspector: 'dmg', signer: 'apple' },
  pkg: { inspector: 'pkg', signer: 'apple' },
  exe: { inspector: 'pe', signer: 'windows', alsoDeclared: ['pe'] },
  msi: { inspector: 'msi', signer: 'windows' },
  msix: { inspector: 'msix', signer: 'windows', alsoDeclared: ['appx'] },
  appx: { inspector: undefined, signer: 'windows' },
  msixbundle: { inspector: 'msix', signer: 'windows' },
  deb: { inspector: 'deb', rule: 'debPackage' },
  rpm: { inspector: 'rpm', rule: 'rpmPackage' },
  appimage: { inspector: 'appimage' },
  flatpak: { inspector: 'installer' },
  snap: { inspector: 'snap' },
  'tar.gz': { inspector: 'archive', alsoDeclared: ['oci'] },
  'tar.xz': { inspector: 'archive' },
  'tar.zst': { inspector: 'archive' },
  'tar.bz2': { inspector: 'archive' },
  zip: { inspector: 'zip', alsoDeclared: ['oci'] },
  npm: { inspector: 'archive', alsoDeclared: ['tar.gz'] },
  wheel: { inspector: 'zip', alsoDeclared: ['zip'] },
  elf: { inspector: 'elf' },
  macho: { inspector: 'macho', signer: 'apple' },
  pe: { inspector: 'pe', signer: 'windows', alsoDeclared: ['exe'] },
  oci: { inspector: undefined },
  sbom: { inspector: 'sbom' },
  file: { inspector: 'generic', alsoDeclared: ['oci', 'sbom'] },
}

/** Of formats that have no subject among those of the inspectors. */
const MORE_SAMPLES: Readonly<Partial<Record<Format, Uint8Array>>> = {
  flatpak: Uint8Array.of(...utf8('flatpak\0'), 1, 0, 0x89, 0xe5),
  pe: buildPe({ library: true }),
  file: utf8('bytes that nobody knows'),
}

for (const format of FORMATS) {
  const { inspector, rule, signer, alsoDeclared = [] } = TRAITS[format]

  test(`${format} is ${inspector === undefined ? 'what a publisher calls it' : `recognised by the inspector ${inspector}`}`, async () => {
    const sample =
      MORE_SAMPLES[format] ?? INSPECTOR_SUBJECTS.find(({ expected }) => expected.format === format)?.fixture
    if (inspector === undefined) return assert.equal(sample, undefined)
    assert.ok(sample, 'there is a sample')
    const source = bytesSource(sample)
    const asked: string[] = []
    for (const { name, sniff } of INSPECTORS) {
      asked.push(name)
      if (await sniff(sample.subarray(0, 4096), source)) break
    }
    assert.equal(asked.at(-1), inspector)
    const { inspection } = await inspectArtifact(source)
    assert.equal(inspection.format, format)
    const taken = FORMATS.filter((declared) => {
      try {
        const said = { format: declared, platform: inspection.platform ?? 'linux' }
        return resolveDeclared('file', said, inspection).format === declared
      } catch (error) {
        assert.ok(error instanceof DistError && error.code === 'artifact.contradiction', String(error))
        return false
      }
    })
    assert.deepEqual(taken.sort(), [format, ...alsoDeclared].sort())
  })

  test(`${format} is held against ${rule ?? 'no rule about identifiers'}, and signed in words of ${signer ?? 'nobody'}`, () => {
    const identityRules = { androidPackage: 'a', appleBundleId: 'a', debPackage: 'a', rpmPackage: 'a' }
    const resolved = { platform: 'any', arch: 'any', format, install: 'file' } as const
    const broken = () => {
      try {
        checkAppRules({ slug: 'notes', platforms: [], identityRules }, 'file', resolved, { format, identifier: 'b' })
        return undefined
      } catch (error) {
        assert.ok(error instanceof DistError && error.code === 'identity.mismatch', String(error))
        return Object(error.details).rule
      }
    }
    assert.equal(broken(), rule)
    assert.equal(signerKind(format), signer)
  })
}
