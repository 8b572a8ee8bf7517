import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FactChange, type FileChange, ReleaseChanges } from '../model/changes.ts'
import type { Inspection } from '../model/inspection.ts'
import type { Arch, Format, Platform } from '../model/platform.ts'
import { formatRef } from '../model/version.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'
import { type ComparedRelease, changesBetween } from './changes.ts'
import { nameWithoutVersion } from './generic-name.ts'

interface FileSpec {
  readonly fileName: string
  readonly kind?: ArtifactRecord['kind']
  readonly platform?: Platform
  readonly arch?: Arch
  readonly variant?: string | null
  /** One word that stands for the bytes; the name of the file when there is none. */
  readonly bytes?: string
  readonly sizeBytes?: number
  readonly inspection?: Partial<Inspection> & { readonly format?: Format }
}

const hex = (text: string) =>
  [...text]
    .reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 0xffff_fffb, 7)
    .toString(16)
    .padStart(64, '0')

function artifact(spec: FileSpec): ArtifactRecord {
  const inspection: Inspection = { format: 'file', ...spec.inspection }
  return {
    id: 'art_0',
    fileName: spec.fileName,
    kind: spec.kind ?? 'app',
    platform: spec.platform ?? 'linux',
    arch: spec.arch ?? 'x64',
    format: inspection.format,
    variant: spec.variant ?? null,
    sizeBytes: spec.sizeBytes ?? 1,
    digest: `sha256:${hex(spec.bytes ?? spec.fileName)}`,
    describes: null,
    install: { mode: 'file' },
    inspection,
    checks: [],
    createdAt: '2026-01-01T00:00:00.000Z',
  }
}

function release(version: string, files: readonly FileSpec[], build: string | null = null): ComparedRelease {
  return { release: { ref: formatRef(version, build), version, build }, artifacts: files.map(artifact) }
}

/** `old → new` for counterparts, `+ new` and `- old` for files that have none; of equal names one. */
function pairs(before: ComparedRelease | null, after: ComparedRelease): string[] {
  return changesBetween(before, after).files.map(({ change, fileName, previousFileName }) => {
    if (change === 'added') return `+ ${fileName}`
    if (change === 'removed') return `- ${fileName}`
    return previousFileName === null ? fileName : `${previousFileName} → ${fileName}`
  })
}

const named = (version: string, ...names: string[]) =>
  release(
    version,
    names.map((fileName) => ({ fileName })),
  )

test('files whose names differ by the version are counterparts', () => {
  assert.deepEqual(
    pairs(
      named('1.4.0', 'notes-1.4.0-linux-x64.tar.gz', 'docs_v1.4.0.zip', 'only-1.4.0.txt'),
      named('1.5.0', 'notes-1.5.0-linux-x64.tar.gz', 'docs_v1.5.0.zip', 'new-1.5.0.txt'),
    ),
    [
      'docs_v1.4.0.zip → docs_v1.5.0.zip',
      '+ new-1.5.0.txt',
      'notes-1.4.0-linux-x64.tar.gz → notes-1.5.0-linux-x64.tar.gz',
      '- only-1.4.0.txt',
    ],
  )
})

test('nameWithoutVersion() takes out the version of the release or of the file, whole words only', () => {
  const table: [
    fileName: string,
    version: string,
    generic: string,
    build?: string | null,
    inspection?: Partial<Inspection>,
  ][] = [
    ['notes-1.4.0-linux-x64.tar.gz', '1.4.0', 'notes-*-linux-x64.tar.gz'],
    ['notes_v1.4.0.zip', '1.4.0', 'notes_*.zip'],
    ['notes-1.4.0+1040.apk', '1.4.0', 'notes-*.apk', '1040'],
    ['notes-1.4.0-1040.apk', '1.4.0', 'notes-*.apk', null, { buildNumber: '1040' }],
    ['notes_1.4.0-1_amd64.deb', '1.4.0', 'notes_*_amd64.deb', null, { version: '2:1.4.0-1' }],
    ['notes-2.0.0-rc.1.zip', '2.0.0-rc.1', 'notes-*.zip'],
    ['notes-11.4.0.zip', '1.4.0', 'notes-*.zip'],
    ['notes-1.4.0.1.zip', '1.4.0', 'notes-*.zip'],
    ['python3.11.zip', '1.4.0', 'python3.11.zip'],
    ['plugin-0.3.1.zip', '1.4.0', 'plugin-*.zip'],
    ['notes-x86_64', '64', 'notes-x86_*'],
    ['1.4.0', '1.4.0', '*'],
    ['notes.zip', '1.4.0', 'notes.zip'],
  ]
  for (const [fileName, version, generic, build = null, inspection = {}] of table) {
    assert.equal(nameWithoutVersion(fileName, { version, build }, inspection), generic, fileName)
  }
})

test('the same product is found whatever its file is called, for each arch and variant', () => {
  const apk = (fileName: string, arch: Arch, identifier = 'com.example.notes', variant: string | null = null) => ({
    ...{ fileName, arch, variant, platform: 'android' as const },
    inspection: { format: 'apk' as const, identifier },
  })
  assert.deepEqual(
    pairs(
      release('1.0.0', [apk('a.apk', 'arm'), apk('b.apk', 'arm64'), apk('free.apk', 'x64', 'com.example.free')]),
      release('1.1.0', [apk('small.apk', 'arm'), apk('large.apk', 'arm64'), apk('a.apk', 'x64', 'com.example.free')]),
    ),
    ['free.apk → a.apk', 'b.apk → large.apk', 'a.apk → small.apk'],
  )
  // The variant tells apart what one arch has twice; where it went, the product is still the same.
  assert.deepEqual(
    pairs(
      release('1.0.0', [apk('a.apk', 'any', undefined, 'play'), apk('b.apk', 'any', undefined, 'foss')]),
      release('1.1.0', [apk('y.apk', 'any', undefined, 'play'), apk('z.apk', 'any', undefined, 'foss')]),
    ),
    ['a.apk → y.apk', 'b.apk → z.apk'],
  )
  assert.deepEqual(
    pairs(release('1.0.0', [apk('a.apk', 'any')]), release('1.1.0', [apk('b.apk', 'any', undefined, 'x')])),
    ['a.apk → b.apk'],
  )
  const other = release('1.1.0', [apk('new.apk', 'any', 'com.example.other')])
  assert.deepEqual(pairs(release('1.0.0', [apk('old.apk', 'any')]), other), ['+ new.apk', '- old.apk'])
})

test('a file of the same name is a counterpart even when it became another product, and says so', () => {
  const apk = (identifier: string, bytes: string) =>
    release(bytes, [{ fileName: 'app.apk', platform: 'android', bytes, inspection: { format: 'apk', identifier } }])
  const [file] = changesBetween(apk('com.a', '1.0'), apk('com.b', '1.1')).files
  assert.deepEqual([file?.change, file?.identifier], ['changed', { from: 'com.a', to: 'com.b' }])
})

test('files of one machine without an identifier are not guessed at where there are several', () => {
  const file = (fileName: string) => ({ fileName, inspection: { format: 'tar.gz' as const } })
  assert.deepEqual(pairs(release('1.0', [file('old.tgz')]), release('1.1', [file('new.tgz')])), ['old.tgz → new.tgz'])
  assert.deepEqual(pairs(named('1.0', 'a'), named('1.1', 'b')), ['- a', '+ b'], 'bytes of no known format')
  const server = file('server.tgz')
  assert.deepEqual(pairs(release('1.0', [server, file('old.tgz')]), release('1.1', [server, file('new.tgz')])), [
    '+ new.tgz',
    '- old.tgz',
    'server.tgz',
  ])
})

test('a file without a counterpart has one empty side and no facts', () => {
  const empty = { identifier: null, version: null, buildNumber: null, minOs: null, permissions: null, signer: null }
  const notes = { fileName: 'notes', sizeBytes: 7, inspection: { format: 'elf' as const, version: '1' } }
  const { from, to, files } = changesBetween(null, release('1.0.0', [notes]))
  assert.deepEqual([from, to], [null, '1.0.0'])
  const digest = artifact(notes).digest
  const facts = {
    fileName: 'notes',
    previousFileName: null,
    kind: 'app',
    platform: 'linux',
    arch: 'x64',
    format: 'elf',
  }
  assert.deepEqual(files, [
    { change: 'added', ...facts, sizeBytes: { from: null, to: 7 }, digest: { from: null, to: digest }, ...empty },
  ])
  assert.deepEqual(changesBetween(release('1.0.0', [notes]), named('1.1.0')).files, [
    { change: 'removed', ...facts, sizeBytes: { from: 7, to: null }, digest: { from: digest, to: null }, ...empty },
  ])
})

function apkChange(from: Partial<Inspection>, to: Partial<Inspection>): FileChange {
  const side = (version: string, inspection: Partial<Inspection>) =>
    release(version, [
      {
        ...{ fileName: 'notes.apk', platform: 'android', arch: 'any', bytes: version },
        inspection: { format: 'apk', identifier: 'com.example.notes', ...inspection },
      },
    ])
  return changesBetween(side('1.0.0', from), side('1.1.0', to)).files[0]!
}

test('only facts that differ are told', () => {
  const change = apkChange(
    { version: '1.0.0', buildNumber: '7', minOs: '26', permissions: ['CAMERA', 'INTERNET'] },
    { version: '1.1.0', buildNumber: '8', minOs: '26', permissions: ['INTERNET', 'LOCATION', 'CONTACTS'] },
  )
  assert.deepEqual(change.version, { from: '1.0.0', to: '1.1.0' })
  assert.deepEqual(change.buildNumber, { from: '7', to: '8' })
  assert.equal(change.minOs, null)
  assert.equal(change.identifier, null)
  assert.equal(change.signer, null)
  assert.deepEqual(change.permissions, { added: ['CONTACTS', 'LOCATION'], removed: ['CAMERA'] })
  assert.deepEqual(apkChange({}, { minOs: '29' }).minOs, { from: null, to: '29' })
  assert.equal(apkChange({ permissions: ['A', 'B'] }, { permissions: ['B', 'A'] }).permissions, null)
})

test('a signer is told by what devices make of it', () => {
  const [old, next] = ['a'.repeat(64), 'b'.repeat(64)]
  const by = (certificateSha256: string, state: 'valid' | 'unverified' = 'valid', lineage?: string[]) => ({
    signatures: [{ scheme: 'apk-v3' as const, state, certificateSha256, ...(lineage ? { lineage } : {}) }],
  })
  const verified = (id: string) => ({ id, verified: true })
  assert.equal(apkChange(by(old), by(old)).signer, null)
  assert.deepEqual(apkChange(by(old), by(next)).signer, {
    from: [verified(old)],
    to: [verified(next)],
    continues: false,
  })
  assert.equal(apkChange(by(old), by(next, 'valid', [old])).signer?.continues, true, 'a rotation that proves itself')
  assert.deepEqual(apkChange(by(old), by(old, 'unverified')).signer, {
    from: [verified(old)],
    to: [{ id: old, verified: false }],
    continues: false,
  })
  assert.deepEqual(apkChange({ signatures: [] }, by(old)).signer, { from: [], to: [verified(old)], continues: true })
  assert.deepEqual(apkChange(by(old), { signatures: [] }).signer, { from: [verified(old)], to: [], continues: false })
})

const permissions = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D'), { maxLength: 4 })
const spec: fc.Arbitrary<FileSpec> = fc.record({
  // Names that meet often: with the version of the release, another one, or none.
  fileName: fc
    .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('-1.0.0', '-2.0.0', '-0.3', ''))
    .map(([name, version]) => `${name}${version}`),
  kind: fc.constantFrom('app' as const, 'app' as const, 'app' as const, 'sbom' as const),
  platform: fc.constantFrom('android' as const, 'linux' as const),
  arch: fc.constantFrom('x64' as const, 'arm64' as const),
  variant: fc.constantFrom(null, 'musl'),
  bytes: fc.constantFrom('1', '2', '3'),
  inspection: fc.record({
    format: fc.constantFrom('apk' as const, 'xapk' as const, 'tar.gz' as const, 'tar.xz' as const, 'file' as const),
    identifier: fc.constantFrom(undefined, 'com.a', 'com.b'),
    version: fc.constantFrom('1', '2'),
    permissions,
    signatures: fc.constantFrom(
      [],
      [{ scheme: 'apk-v2' as const, state: 'valid' as const, certificateSha256: 'a'.repeat(64) }],
      [{ scheme: 'apk-v2' as const, state: 'valid' as const, certificateSha256: 'b'.repeat(64) }],
    ),
  }) as fc.Arbitrary<Inspection>,
})
const files = fc.uniqueArray(spec, { maxLength: 10, selector: ({ fileName }) => fileName })

test('a release differs from itself in nothing', () => {
  fc.assert(
    fc.property(files, (specs) => {
      const it = release('1.0.0', specs)
      const { files: rows } = changesBetween(it, it)
      assert.equal(rows.length, specs.length)
      for (const row of rows) {
        assert.deepEqual([row.change, row.previousFileName, row.version, row.signer], ['same', null, null, null])
      }
    }),
  )
})

test('changes are a matching of the files of both releases', () => {
  fc.assert(
    fc.property(files, files, (olds, news) => {
      const before = release('1.0.0', olds)
      const after = release('2.0.0', news)
      const changes = ReleaseChanges.parse(changesBetween(before, after))
      const to = changes.files.filter(({ change }) => change !== 'removed').map(({ fileName }) => fileName)
      const from = changes.files
        .filter(({ change }) => change !== 'added')
        .map(({ fileName, previousFileName }) => previousFileName ?? fileName)
      assert.deepEqual(to.sort(), news.map(({ fileName }) => fileName).sort())
      assert.deepEqual(from.sort(), olds.map(({ fileName }) => fileName).sort())
      for (const { change, digest } of changes.files) {
        assert.equal(change === 'same', digest.from === digest.to)
      }
      // A file that stays where it is, is never told to have come or to have gone.
      const alone = (change: string) =>
        new Set(changes.files.filter((file) => file.change === change).map(({ fileName }) => fileName))
      assert.ok([...alone('added')].every((name) => !alone('removed').has(name)))
    }),
    { numRuns: 500 },
  )
})

test('the other way round everything is turned round', () => {
  const TURNED = { added: 'removed', removed: 'added', changed: 'changed', same: 'same' } as const
  const turn = (fact: FactChange | null) => fact && { from: fact.to, to: fact.from }
  fc.assert(
    fc.property(files, files, (olds, news) => {
      const before = release('1.0.0', olds)
      const after = release('2.0.0', news)
      const forth = changesBetween(before, after)
      const back = changesBetween(after, before)
      assert.deepEqual([back.from, back.to], [forth.to, forth.from])
      const key = (row: FileChange) =>
        JSON.stringify([
          row.change,
          row.previousFileName,
          row.fileName,
          row.sizeBytes,
          row.digest,
          row.version,
          row.permissions,
        ])
      const turned = forth.files.map((row) => ({
        ...row,
        change: TURNED[row.change],
        fileName: row.previousFileName ?? row.fileName,
        previousFileName: row.previousFileName === null ? null : row.fileName,
        sizeBytes: { from: row.sizeBytes.to, to: row.sizeBytes.from },
        digest: { from: row.digest.to, to: row.digest.from },
        version: turn(row.version),
        permissions: row.permissions && { added: row.permissions.removed, removed: row.permissions.added },
      }))
      assert.deepEqual(turned.map(key).sort(), back.files.map(key).sort())
    }),
    { numRuns: 500 },
  )
})

test('the order in which files come does not matter', () => {
  fc.assert(
    fc.property(files, files, (olds, news) => {
      const ordered = changesBetween(release('1.0.0', olds), release('2.0.0', news))
      const turned = changesBetween(release('1.0.0', [...olds].reverse()), release('2.0.0', [...news].reverse()))
      assert.deepEqual(turned, ordered)
    }),
  )
})

test('500 files with 2,000 permissions each are compared in moments', () => {
  const many = (version: string, offset: number) =>
    release(
      version,
      Array.from({ length: 500 }, (_, i) => ({
        fileName: `notes-${version}-${i}.apk`,
        platform: 'android' as const,
        inspection: {
          format: 'apk' as const,
          identifier: `com.example.notes${i % 7}`,
          permissions: Array.from({ length: 2000 }, (_, n) => `com.example.permission.NUMBER_${n + offset}`),
        },
      })),
    )
  const before = many('1.0.0', 0)
  const after = many('1.1.0', 1)
  const start = performance.now()
  const changes = changesBetween(before, after)
  const elapsedMs = performance.now() - start
  assert.equal(changes.files.length, 500)
  for (const file of changes.files) {
    assert.deepEqual(file.permissions, {
      added: ['com.example.permission.NUMBER_2000'],
      removed: ['com.example.permission.NUMBER_0'],
    })
  }
  assert.ok(elapsedMs < 5000, `${elapsedMs} ms`)
})
