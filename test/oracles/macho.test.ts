import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import type { Inspection } from '../../src/model/inspection.ts'
import { needPrograms } from '../helpers/debian.ts'
import { certificateOf } from './certificates.ts'
import { flippedCopies } from './flipped.ts'
import { inspectFile } from './ours.ts'
import { ORACLES_FOLDER } from './sample-list.ts'
import { nameOf, samples } from './samples.ts'
import { ask, told } from './tool.ts'

needPrograms({ 'llvm-objdump': 'llvm', openssl: 'openssl' })

interface Slice {
  readonly cpu: string
  readonly platform: string | undefined
  readonly minOs: string | undefined
  /** From the start of the slice. */
  readonly signatureOffset: number | undefined
}

const CPUS: Readonly<Record<string, string>> = { X86_64: 'x86_64', I386: 'i386', ARM64: 'arm64', ARM: 'armv7' }

const programs = await samples(
  ({ origin, path }) =>
    /\.macho$|darwin[^/]*\/pty\.node$|_osx\.node$|MacOS\/terminal-notifier$|mac\/\w+\/7za$|fsevents\.node$/.test(
      path,
    ) ||
    (/darwin/.test(origin) && /\/bin\//.test(path)) ||
    (path.includes('/debug/macho/testdata/') && path.endsWith('-exec.base64')),
)

for (const sample of programs) {
  const file = sample.path.endsWith('.base64') ? decoded(sample.file) : sample.file

  test(`${nameOf(sample)}: slices are those of llvm-objdump`, async () => {
    const { inspection } = await inspectFile(file)
    const slices = await slicesOf(file)
    assert.equal(inspection.format, 'macho')
    assert.deepEqual(
      inspection.abis,
      slices.map(({ cpu }) => cpu),
    )
    const lowest = slices
      .flatMap(({ minOs }) => minOs ?? [])
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))[0]
    assert.equal(inspection.minOs?.replace(/(\.\d+)\.0$/, '$1'), lowest)
    const platforms = new Set(slices.map(({ platform }) => platform))
    assert.equal(inspection.platform, platforms.size === 1 ? [...platforms][0] : undefined)
    const isSigned = slices.some(({ signatureOffset }) => signatureOffset !== undefined)
    assert.equal(inspection.facts?.codeSignature !== undefined || (inspection.signatures ?? []).length > 0, isSigned)
  })

  test(`${nameOf(sample)}: the code signature is what openssl verifies`, async () => {
    const { inspection } = await inspectFile(file)
    const hashes: string[] = []
    const signers: Awaited<ReturnType<typeof certificateOf>>[] = []
    for (const slice of await signedParts(file)) {
      const { directory, cms } = slice
      hashes.push(createHash('sha256').update(directory).digest('hex').slice(0, 40))
      if (cms.byteLength > 0) signers.push(await signerOf(file, directory, cms))
    }
    if (hashes.length > 0) assert.deepEqual(inspection.facts?.cdHashes, hashes)
    for (const signer of signers) assert.deepEqual(certificateFacts(inspection), signer)
    if (signers.length === 0) assert.equal(certificateFacts(inspection).certificateSha256, undefined)
  })
}

/** Signed by Apple's linker, one of them in one of its slices alone. */
const TO_DAMAGE = /fsevents\.node$|darwin-arm64\/pty\.node$/
const FLIPS = 40

for (const sample of programs.filter(({ path }) => TO_DAMAGE.test(path))) {
  const { inspection: whole } = await inspectFile(sample.file)
  assert.deepEqual(
    whole.signatures?.map(({ state }) => state),
    ['valid'],
  )
  for (const copy of flippedCopies(sample.file, FLIPS)) {
    test(`${copy.name}: no signature holds over damaged code`, async () => {
      const { inspection } = await inspectFile(copy.file)
      // No tool here tells it, so the ranges that signatures cover do, which llvm-objdump names.
      const covered = await coveredRanges(sample.file)
      if (!covered.some(([start, end]) => copy.offset >= start && copy.offset < end)) return
      assert.ok(
        (inspection.signatures ?? []).every(({ state }) => state !== 'valid'),
        JSON.stringify(inspection),
      )
    })
  }
}

function certificateFacts({ signatures }: Inspection) {
  const [signature] = signatures ?? []
  if (signature !== undefined) assert.equal(signature.state, 'valid')
  const { signer, certificateSha256, validFrom, validTo } = signature ?? {}
  return { signer, certificateSha256, validFrom, validTo }
}

function folderFor(file: string): string {
  const folder = join(ORACLES_FOLDER, 'unpacked', `macho-${basename(file)}`)
  mkdirSync(folder, { recursive: true })
  return folder
}

function decoded(file: string): string {
  const target = join(folderFor(file), basename(file, '.base64'))
  writeFileSync(target, Buffer.from(readFileSync(file, 'latin1'), 'base64'))
  return target
}

async function slicesOf(file: string): Promise<Slice[]> {
  // It warns of what it does not know on its other output, and fails for none of it.
  const { stdout } = await ask('llvm-objdump', ['--macho', '--private-headers', '--arch=all', file])
  return stdout
    .split(/^Mach header$/m)
    .slice(1)
    .map((text) => {
      const command = (name: string) => new RegExp(`cmd ${name}\\n([\\s\\S]*?)(?:Load command|$)`).exec(text)?.[1] ?? ''
      const field = (within: string, name: string) => new RegExp(`^ *${name} (\\S+)$`, 'm').exec(within)?.[1]
      const build = command('LC_BUILD_VERSION')
      const older = command('LC_VERSION_MIN_MACOSX')
      return {
        cpu: CPUS[/^ *MH_MAGIC\S* +(\S+)/m.exec(text)?.[1] ?? ''] ?? '',
        platform: field(build, 'platform') ?? (older === '' ? undefined : 'macos'),
        minOs: field(build, 'minos') ?? field(older, 'version'),
        signatureOffset: numberOf(field(command('LC_CODE_SIGNATURE'), 'dataoff')),
      }
    })
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

/** From the start of each signed slice to its signature. */
async function coveredRanges(file: string): Promise<(readonly [start: number, end: number])[]> {
  const slices = await slicesOf(file)
  const starts = startsOf(readFileSync(file), slices.length)
  return slices.flatMap(({ signatureOffset }, i) =>
    signatureOffset === undefined ? [] : [[starts[i]!, starts[i]! + signatureOffset] as const],
  )
}

/** Of the slices of a universal file, or of its only one. */
function startsOf(bytes: Buffer, count: number): number[] {
  if (bytes.readUInt32BE(0) !== 0xcafebabe) return [0]
  return Array.from({ length: count }, (_, i) => bytes.readUInt32BE(8 + 20 * i + 8))
}

/** Of each signed slice the code directory and the CMS signature over it; empty when it is ad hoc. */
async function signedParts(file: string): Promise<{ directory: Buffer; cms: Buffer }[]> {
  const bytes = readFileSync(file)
  const slices = await slicesOf(file)
  const starts = startsOf(bytes, slices.length)
  return slices.flatMap(({ signatureOffset }, i) => {
    if (signatureOffset === undefined) return []
    const blob = bytes.subarray(starts[i]! + signatureOffset)
    const part = (slot: number): Buffer => {
      for (let at = 12; at < 12 + 8 * blob.readUInt32BE(8); at += 8) {
        if (blob.readUInt32BE(at) !== slot) continue
        const offset = blob.readUInt32BE(at + 4)
        return blob.subarray(offset, offset + blob.readUInt32BE(offset + 4))
      }
      return Buffer.alloc(0)
    }
    return [{ directory: part(0), cms: part(0x10000).subarray(8) }]
  })
}

async function signerOf(
  file: string,
  directory: Buffer,
  cms: Buffer,
): Promise<Awaited<ReturnType<typeof certificateOf>>> {
  const folder = folderFor(file)
  const at = (name: string) => join(folder, name)
  writeFileSync(at('directory'), directory)
  writeFileSync(at('cms'), cms)
  // Whom the signer is trusted by is not asked; that the signature holds is, and openssl fails where it does not.
  const what = ['-inform', 'DER', '-in', at('cms'), '-content', at('directory'), '-signer', at('signer.pem')]
  await told('openssl', ['cms', '-verify', '-noverify', '-binary', ...what, '-out', '/dev/null'])
  return certificateOf(at('signer.pem'))
}
