import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { readSpdxHead, readSpdxTags } from './spdx-tags.ts'

const SUM = 'a1'.repeat(32)
const FILE_SUM = 'b2'.repeat(32)
const read = (text: string) => readSpdxTags(text, () => undefined)

/** As SPDX's own tools write it; the licence holds lines that would be tags elsewhere. */
const WRITTEN = `SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
DocumentNamespace: https://example.com/notes-1.4.0
DocumentName: notes
SPDXID: SPDXRef-DOCUMENT
DocumentComment: <text>Made by hand.</text>

## External Document References
ExternalDocumentRef:DocumentRef-go https://example.com/go SHA1: ${'00'.repeat(20)}
## Creation Information
Creator: Tool: example (1.0)
Created: 2026-11-21T01:27:13Z
## Relationships
Relationship: SPDXRef-DOCUMENT COPY_OF DocumentRef-go:SPDXRef-a
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-notes
Relationship: SPDXRef-notes CONTAINS SPDXRef-a

## Package Information
PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 0.1
PackageChecksum: SHA256: ${'00'.repeat(32)}
PackageDescription: <text>Begins here
PackageName: not a package

Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
  and ends here.</text> left out
FilesAnalyzed: false

PackageName: notes
SPDXID: SPDXRef-notes
PackageVersion: <text>1.4.0</text>
PackageFileName: ./notes.deb
PackageChecksum: SHA1: ${'00'.repeat(20)}
PackageChecksum: SHA256: ${SUM.toUpperCase()}
PackageChecksum: SHA256: none
ExternalRef: PACKAGE-MANAGER purl pkg:deb/example/notes@1.4.0
Annotator: Person: Jane Doe
SPDXREF: SPDXRef-notes

FileName: ./usr/bin/notes
SPDXID: SPDXRef-file
FileChecksum: SHA256: ${FILE_SUM}
PackageVersion: of no package

LicenseID: LicenseRef-1
ExtractedText: <text>
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-file
</text>`
const ABOUT_NOTES = {
  standard: 'SPDX',
  specVersion: '2.3',
  id: 'https://example.com/notes-1.4.0',
  subjects: [{ name: 'notes', version: '1.4.0', fileName: './notes.deb', sha256: [SUM] }],
  count: 2,
}

test('readSpdxTags() reads what a document of a tool is about', () => {
  assert.deepEqual(read(WRITTEN), ABOUT_NOTES)
  assert.deepEqual(read(WRITTEN.replaceAll('\n', '\r\n')), ABOUT_NOTES)
  assert.deepEqual(read(`# made by hand\n\n${WRITTEN}`), ABOUT_NOTES)
  const described = 'Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-notes'
  assert.deepEqual(
    read(WRITTEN.replace(described, 'Relationship:\tSPDXRef-notes  DESCRIBED_BY\tSPDXRef-DOCUMENT')),
    ABOUT_NOTES,
  )
})

test('readSpdxTags() reads files that are described, and the only package when nothing is', () => {
  const start = 'SPDXVersion: SPDX-2.2\n'
  const file = { name: undefined, version: undefined, fileName: './usr/bin/notes', sha256: [FILE_SUM] }
  const both = `${WRITTEN}\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-file`
  assert.deepEqual(read(both)?.subjects, [...ABOUT_NOTES.subjects, file])
  const only = `${start}PackageName: notes\nSPDXID: SPDXRef-notes\nPackageName`
  const notes = { name: 'notes', version: undefined, fileName: undefined, sha256: [] }
  assert.deepEqual(read(only)?.subjects, [notes])
  // One of two, and nobody says which.
  assert.deepEqual(read(`${only}: other\n`)?.subjects, [])
  assert.deepEqual(read(`${only}\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-other`)?.subjects, [])
  assert.deepEqual(read(`${only}\nRelationship: SPDXRef-a DESCRIBES SPDXRef-notes`)?.subjects, [notes])
})

test('readSpdxTags() refuses a text without an end, and reads 250 000 lines outside of texts', () => {
  const start = 'SPDXVersion: SPDX-2.3\n'
  assert.throws(() => read(`${start}PackageComment: <text>cut off\n`), /^FormatError: .*PackageComment/)
  let ticks = 0
  const count = (text: string) => readSpdxTags(text, () => ticks++)?.count
  assert.equal(count(start + 'PackageName: a\n'.repeat(249_999)), 249_999)
  assert.ok(ticks > 50, 'the clock is looked at')
  assert.throws(() => read(start + '\n'.repeat(250_000)), FormatLimitError)
  assert.equal(count(`${start}PackageComment: <text>${'\n'.repeat(1e6)}</text>\nPackageName: a`), 1)
  const late = new FormatError('late')
  const read2 = () =>
    readSpdxTags(start, () => {
      throw late
    })
  assert.throws(read2, (error) => error === late)
})

test('readSpdxTags() reads no other text', () => {
  for (const text of ['', '\n', 'a\n', 'PackageName: a\nSPDXVersion: SPDX-2.3\n', 'SPDXVersion: SPDX-x\n'])
    assert.equal(read(text), undefined, text)
})

test('readSpdxHead() recognises the first lines', () => {
  const known = { standard: 'SPDX', specVersion: '2.3', id: ABOUT_NOTES.id, subjects: [], count: undefined }
  assert.deepEqual(readSpdxHead(WRITTEN), known)
  assert.deepEqual(readSpdxHead(`\ufeff# made by hand\r\n\r\n${WRITTEN.replaceAll('\n', '\r\n')}`), known)
  for (const id of ['https://example.com/\u00c3\u00a4\n', 'https://example.com/cut'])
    assert.deepEqual(readSpdxHead(`SPDXVersion: SPDX-2.3\nDocumentNamespace: ${id}`), { ...known, id: undefined })
  for (const head of ['', 'a\nSPDXVersion: SPDX-2.3', 'SPDXVersion: SPDX-x', 'PackageName: a\nSPDXVersion: SPDX-2.3'])
    assert.equal(readSpdxHead(head), undefined, head)
})
