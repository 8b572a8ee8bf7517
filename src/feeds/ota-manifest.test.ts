import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assetUrl, readManifest } from '../../test/helpers/read-plist.ts'
import { renderOtaManifest } from './ota-manifest.ts'

const FACTS = {
  packageUrl: 'https://dist.example.com/notes/releases/1.4.0/Notes.ipa?grant=rel_1.right.a.b.c',
  iconUrl: 'https://dist.example.com/notes/releases/1.4.0/icon.png?file=Notes.ipa&grant=rel_1.right.a.b.c',
  bundleId: 'com.example.notes',
  bundleVersion: '1040',
  title: 'Notes',
}

test('two readers of property lists read what a manifest says', () => {
  const manifest = readManifest(renderOtaManifest(FACTS))
  assert.equal(assetUrl(manifest, 'software-package'), FACTS.packageUrl)
  assert.equal(assetUrl(manifest, 'display-image'), FACTS.iconUrl)
  assert.equal(assetUrl(manifest, 'full-size-image'), FACTS.iconUrl)
  assert.deepEqual(manifest.metadata, {
    'bundle-identifier': 'com.example.notes',
    'bundle-version': '1040',
    kind: 'software',
    title: 'Notes',
  })
  assert.equal(readManifest(renderOtaManifest({ ...FACTS, iconUrl: null })).assets.length, 1)
})

const TEXTS = [
  '',
  ' ',
  '</string><string>x',
  '<![CDATA[x]]>',
  ']]>',
  '<!-- x -->',
  '&amp;&lt;&#65;&notes;',
  '"\'',
  'N\u00f6tes \u{1f4dd} \u0627\u0644',
  '--><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>&y;',
  '%s $0 ${title}',
]

test('whatever stands in a name, it is text of the manifest and nothing else', () => {
  for (let i = 0; i < TEXTS.length; i += 3) {
    const [title = '', bundleVersion = '', bundleId = ''] = TEXTS.slice(i)
    const { metadata } = readManifest(renderOtaManifest({ ...FACTS, title, bundleVersion, bundleId }))
    const read = [metadata.title, metadata['bundle-version'], metadata['bundle-identifier']]
    assert.deepEqual(read, [title, bundleVersion, bundleId])
  }
  const mended = readManifest(renderOtaManifest({ ...FACTS, title: 'a\u0000b\ud800c\ufffe' }))
  assert.equal(mended.metadata.title, 'a\ufffdb\ufffdc\ufffd')
})
