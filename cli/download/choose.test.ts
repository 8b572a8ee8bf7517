import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DistError } from '../../src/errors.ts'
import type { Artifact } from '../../src/model/artifact.ts'
import { chooseArtifact, type Wish } from './choose.ts'

function artifact(fileName: string, over: Partial<Artifact>): Artifact {
  return {
    id: `art_${'0'.repeat(26)}`,
    fileName,
    kind: 'app',
    platform: 'linux',
    arch: 'x64',
    format: 'tar.gz',
    variant: null,
    sizeBytes: 1,
    digest: `sha256:${'0'.repeat(64)}`,
    describes: null,
    install: { mode: 'file' },
    inspection: { format: 'tar.gz' },
    checks: [],
    createdAt: '2026-11-21T00:00:00.000Z',
    url: 'https://dist.example/x',
    ...over,
  }
}

const files = [
  artifact('notes.apk', { platform: 'android', arch: 'any', format: 'apk' }),
  artifact('notes.tar.gz', {}),
  artifact('notes-musl.tar.gz', { variant: 'musl' }),
  artifact('notes.deb', { format: 'deb' }),
  artifact('notes-arm.deb', { format: 'deb', arch: 'arm64' }),
  artifact('notes.dmg', { platform: 'macos', arch: 'universal', format: 'dmg' }),
  artifact('sbom.json', { kind: 'sbom', platform: 'any', arch: 'any', format: 'sbom' }),
]

const chosen: [wish: Wish, fileName: string][] = [
  [{ platform: 'android' }, 'notes.apk'],
  [{ platform: 'android', arch: 'arm64' }, 'notes.apk'],
  [{ platform: 'darwin', arch: 'aarch64' }, 'notes.dmg'],
  [{ format: 'deb', arch: 'amd64' }, 'notes.deb'],
  [{ format: 'DEB', arch: 'arm64-v8a' }, 'notes-arm.deb'],
  [{ file: 'sbom.json' }, 'sbom.json'],
  [{ file: 'notes-musl.tar.gz', platform: 'linux' }, 'notes-musl.tar.gz'],
]
for (const [wish, fileName] of chosen) {
  test(`chooseArtifact() finds ${fileName} for ${JSON.stringify(wish)}`, () => {
    assert.equal(chooseArtifact(files, wish).fileName, fileName)
  })
}

test('chooseArtifact() takes a file that is no app when there is nothing else', () => {
  assert.equal(chooseArtifact(files.slice(-1), {}).fileName, 'sbom.json')
})

test('chooseArtifact() lists the candidates when several fit', () => {
  assert.throws(
    () => chooseArtifact(files, { platform: 'linux', format: 'tar.gz' }),
    (error) => {
      assert.ok(error instanceof DistError && error.code === 'artifact.ambiguous')
      const { candidates } = error.details as { candidates: { fileName: string }[] }
      assert.deepEqual(
        candidates.map(({ fileName }) => fileName),
        ['notes.tar.gz', 'notes-musl.tar.gz'],
      )
      assert.match(error.hint ?? '', /notes-musl\.tar\.gz {2}linux x64 tar\.gz musl/)
      return true
    },
  )
})

test('chooseArtifact() tells an unknown word from a file that is not there', () => {
  const code = (wish: Wish) => {
    try {
      return chooseArtifact(files, wish).fileName
    } catch (error) {
      return error instanceof DistError ? error.code : error
    }
  }
  assert.equal(code({ platform: 'amiga' }), 'usage.invalid')
  assert.equal(code({ arch: 'z80' }), 'usage.invalid')
  assert.equal(code({ format: 'doc' }), 'usage.invalid')
  assert.equal(code({ platform: 'windows' }), 'artifact.not_found')
  assert.equal(code({ file: 'absent' }), 'artifact.not_found')
})
