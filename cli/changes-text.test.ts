import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileChange } from '../src/model/changes.ts'
import { changesText } from './changes-text.ts'

test('changes of one file go on in another line before they leave a terminal, none is cut', () => {
  const file = (change: Partial<FileChange>): FileChange => ({
    change: 'changed',
    fileName: 'notes.apk',
    previousFileName: null,
    kind: 'app',
    platform: 'android',
    arch: 'any',
    format: 'apk',
    sizeBytes: { from: 1, to: 3 },
    digest: { from: null, to: null },
    identifier: null,
    version: null,
    buildNumber: null,
    minOs: null,
    permissions: null,
    signer: null,
    ...change,
  })
  const added = ['android.permission.ACCESS_BACKGROUND_LOCATION', 'android.permission.ACCESS_FINE_LOCATION']
  const files = [
    file({
      version: { from: '1.0.0', to: '1.1.0' },
      permissions: { added, removed: ['android.permission.BLUETOOTH'] },
      minOs: { from: '24', to: '26' },
    }),
    file({ fileName: 'tool', change: 'added', sizeBytes: { from: null, to: 5 } }),
  ]
  assert.equal(
    changesText('notes', { from: '1.0.0', to: '1.1.0', files }),
    [
      'notes 1.0.0 → 1.1.0',
      '',
      'FILE       CHANGE',
      'notes.apk  +2 B, version 1.0.0 → 1.1.0',
      '           min OS Android 7.0 (API 24) → Android 8.0 (API 26)',
      `           new permissions: ${added.join(', ')}`,
      '           dropped permissions: android.permission.BLUETOOTH',
      'tool       added, 5 B',
      '',
    ].join('\n'),
  )
})
