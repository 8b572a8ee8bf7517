import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changesSection } from '../../src/http/release-changes.ts'
import type { FileChange } from '../../src/model/changes.ts'
import { createId } from '../../src/model/ids.ts'
import type { Inspection } from '../../src/model/inspection.ts'
import { insertArtifact } from '../../src/store/artifacts.ts'
import { draft, type TestApp, withNotes } from '../helpers/test-app.ts'

const FILES = 15
const HTML = { Accept: 'text/html', 'User-Agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)' }

/** Facts as large as an inspector lets through, of text that HTML makes longer. */
function hugeFacts(): Inspection {
  const names = Array.from({ length: 400 }, (_, i) => `NS<${i}>UsageDescription`)
  return {
    format: 'ipa',
    platform: 'ios',
    arch: 'arm64',
    identifier: '<'.repeat(4096),
    permissions: names,
    facts: { usageDescriptions: names.map((name) => `${name}: ${'<'.repeat(500)}`) },
    signatures: Array.from({ length: 16 }, (_, i) => ({
      scheme: 'apple' as const,
      state: 'valid' as const,
      signer: `CN=${i}${'"'.repeat(2000)}`,
    })),
  }
}

async function release(app: TestApp, token: string, version: string): Promise<void> {
  const bytes = new TextEncoder().encode('notes')
  const { id } = await draft(app, token, 'notes', { version }, [{ fileName: 'notes.txt', bytes }])
  const path = `/api/v1/apps/notes/releases/${id}`
  const [own] = (await app.ask('GET', path, { token })).json.artifacts
  await app.deps.store.write(async (tx) => {
    for (let i = 0; i < FILES; i++) {
      const fileName = `notes-${i}.ipa`
      await insertArtifact(tx, id, fileName, {
        id: createId('artifact', app.clock.now(), crypto.getRandomValues(new Uint8Array(10))),
        fileName,
        kind: 'app',
        platform: 'ios',
        arch: 'arm64',
        format: 'ipa',
        variant: null,
        sizeBytes: bytes.byteLength,
        digest: own.digest,
        describes: null,
        install: { mode: 'download' },
        inspection: hugeFacts(),
        checks: Array.from({ length: 50 }, (_, k) => ({
          code: `ipa.finding_${k}`,
          level: 'warning' as const,
          message: `${k}${'<'.repeat(900)}`,
        })),
        createdAt: own.createdAt,
      })
    }
  })
  for (const action of ['publish', 'announce'])
    assert.equal((await app.ask('POST', `${path}/actions/${action}`, { token })).status, 200)
}

test('the page of the largest release stays small, names every file, and its JSON tells all of them', () =>
  withNotes({}, async (app, token) => {
    await release(app, token, '1.0.0')
    await release(app, token, '1.1.0')
    for (const path of ['/notes', '/notes/latest', '/notes/releases/1.1.0']) {
      const page = await app.ask('GET', path, { headers: HTML })
      assert.equal(page.status, 200)
      assert.ok(page.text.length < 1_200_000, `${path} has ${page.text.length} characters`)
      for (let i = 0; i < FILES; i++) assert.ok(page.text.includes(`>notes-${i}.ipa<`), `notes-${i}.ipa`)
      assert.match(page.text, /There are 3\d more findings/)
      assert.match(page.text, /<dt>Other permissions<\/dt>\s*<dd>360<\/dd>/)
      assert.match(page.text, /<summary>\d+ more<\/summary>/)
    }
    const json = await app.ask('GET', '/notes/releases/1.1.0', { headers: { Accept: 'application/json' } })
    assert.equal(json.json.artifacts.length, FILES + 1)
    assert.equal(json.json.artifacts[0].inspection.permissions.length, 400)
  }))

test('a page says of a hundred files how they differ, and how many more there are', () => {
  const file = { change: 'removed', fileName: 'notes.ipa' } as FileChange
  const { items } = changesSection({ from: '1.0.0', to: '1.1.0', files: Array.from({ length: 130 }, () => file) })
  assert.equal(items.length, 101)
  assert.deepEqual(items.at(-1), { title: '30 more', url: null, details: ['in the JSON of this page'] })
})
