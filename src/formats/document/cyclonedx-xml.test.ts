import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { readCycloneDxHead, readCycloneDxXml } from './cyclonedx-xml.ts'

const SUM = 'a1'.repeat(32)
const TOOL_SUM = 'b2'.repeat(32)
const read = (text: string) => readCycloneDxXml(utf8(text))

/** As CycloneDX's own tools write it: the tool has a name and hashes as well, texts may be CDATA on lines of their own. */
const WRITTEN = `\ufeff<?xml version="1.0" encoding="utf-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" serialNumber="urn:uuid:1b9fcfe5-ecb7-4328-837e-a0bad8b0b296" version="1">
  <metadata>
    <timestamp>2026-11-21T01:27:13Z</timestamp>
    <tools>
      <components>
        <component type="application">
          <name>a tool</name>
          <version>2.0.0</version>
          <hashes><hash alg="SHA-256">${TOOL_SUM}</hash></hashes>
        </component>
      </components>
    </tools>
    <component type="application" bom-ref="pkg:generic/notes@1.4.0">
      <author><![CDATA[Bj\u00f6rn & co]]></author>
      <name>
        <![CDATA[notes.apk]]>
      </name>
      <version>1.4.0</version>
      <hashes>
        <hash alg="SHA-1">${'00'.repeat(20)}</hash>
        <hash alg="SHA-256">
          ${SUM.toUpperCase()}
        </hash>
        <hash alg="SHA-256">none</hash>
      </hashes>
      <components><component type="library"><name>inside</name></component></components>
    </component>
  </metadata>
  <components>
    <component type="library">
      <name>a</name>
      <components>
        <component type="library"><name>b</name></component>
        <component type="library"><name>c</name></component>
      </components>
      <pedigree><ancestors><component type="library"><name>before a</name></component></ancestors></pedigree>
    </component>
    <component type="library"><name>d</name></component>
  </components>
  <dependencies><dependency ref="pkg:generic/notes@1.4.0"/></dependencies>
</bom>
`

test('readCycloneDxXml() reads what a document of a tool is about', () => {
  assert.deepEqual(read(WRITTEN), {
    standard: 'CycloneDX',
    specVersion: '1.5',
    id: 'urn:uuid:1b9fcfe5-ecb7-4328-837e-a0bad8b0b296',
    subjects: [{ name: 'notes.apk', version: '1.4.0', fileName: undefined, sha256: [SUM] }],
    count: 4,
  })
})

test('readCycloneDxXml() goes by namespaces, whatever their prefix', () => {
  const prefixed = `<b:bom xmlns:b='http://cyclonedx.org/schema/bom/1.4' xmlns:x='urn:x'>
    <x:metadata><x:component><x:name>wrong</x:name></x:component></x:metadata>
    <b:metadata><b:component><x:name>wrong</x:name><b:name>notes</b:name></b:component></b:metadata>
    <b:components><x:component/><b:component/></b:components></b:bom>`
  assert.deepEqual(read(prefixed), {
    standard: 'CycloneDX',
    specVersion: '1.4',
    id: undefined,
    subjects: [{ name: 'notes', version: undefined, fileName: undefined, sha256: [] }],
    count: 1,
  })
  // Nothing before 1.2 says what it is about.
  const old = read('<bom xmlns="http://cyclonedx.org/schema/bom/1.1" version="1"><components/></bom>')
  assert.deepEqual([old?.specVersion, old?.subjects, old?.count], ['1.1', [], 0])
  for (const other of [
    '<bom/>',
    '<bom xmlns="http://example.com/bom/1.4"/>',
    '<x xmlns="http://cyclonedx.org/schema/bom/1.4"/>',
    '<x><bom xmlns="http://cyclonedx.org/schema/bom/1.4"/></x>',
  ])
    assert.equal(read(other), undefined, other)
})

test('readCycloneDxXml() refuses what is cut off, and what is beyond its limits as such', () => {
  const isDamage = (error: unknown) => error instanceof FormatError && !(error instanceof FormatLimitError)
  assert.throws(() => read(WRITTEN.slice(0, -10)), isDamage)
  assert.throws(() => read(`<!DOCTYPE bom>${WRITTEN.slice(WRITTEN.indexOf('<bom'))}`), isDamage)
  const many = (count: number) =>
    `<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components>${'<component/>'.repeat(count)}</components></bom>`
  assert.equal(read(many(79_998))?.count, 79_998)
  assert.throws(() => read(many(79_999)), FormatLimitError)
})

test('readCycloneDxHead() recognises the root element after whatever may come before it', () => {
  const root = '<bom serialNumber="urn:uuid:1" version="1" xmlns="http://cyclonedx.org/schema/bom/1.4">'
  const known = { standard: 'CycloneDX', specVersion: '1.4', id: 'urn:uuid:1', subjects: [], count: undefined }
  for (const head of [
    root,
    `\ufeff<?xml version="1.0"?>\r\n${root}<metadata>`,
    `<?xml version="1.0"?><!-- a > b --><?style x?>\n<!---->\n${root}`,
    root.replaceAll('"', "'"),
    `<ns0:bom xmlns:ns0="http://cyclonedx.org/schema/bom/1.4"\n\tserialNumber = "urn:uuid:1">`,
  ])
    assert.deepEqual(readCycloneDxHead(head), known, head)
  assert.deepEqual(readCycloneDxHead(root.replace('uuid:1', '\u00c3\u00a4')), { ...known, id: undefined })
  for (const head of [
    '',
    '<!-- without an end <bom xmlns="http://cyclonedx.org/schema/bom/1.4">',
    `text ${root}`,
    '<bom xmlns:x="http://cyclonedx.org/schema/bom/1.4">',
    '<x:bom xmlns="http://cyclonedx.org/schema/bom/1.4">',
    '<bom a="xmlns=\'http://cyclonedx.org/schema/bom/1.4\'">',
    '<bomb xmlns="http://cyclonedx.org/schema/bom/1.4">',
  ])
    assert.equal(readCycloneDxHead(head), undefined, head)
})
