import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { needPrograms } from './debian.ts'

/** What an item of a manifest says. */
export interface ReadManifest {
  readonly assets: readonly { readonly kind: string; readonly url: string }[]
  readonly metadata: Readonly<Record<string, string>>
}

const READ = 'import json, plistlib, sys; print(json.dumps([plistlib.loads(t.encode()) for t in json.load(sys.stdin)]))'

/** Reads property lists with Python's reader. @returns them as JSON has them */
function withPython(...lists: readonly string[]): unknown[] {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', READ], {
    input: JSON.stringify(lists),
    encoding: 'utf8',
  })
  assert.equal(status, 0, `${stderr}\n${lists.join('\n')}`)
  return JSON.parse(stdout)
}

/** Reads it with libplist, which reads it for programs that talk to iPhones. @returns it as libplist writes it again */
function withLibplist(xml: string): string {
  // There is no JSON for it where the Debian package is older: through the binary form nothing of the text is left.
  const convert = (input: string | Buffer, to: 'bin' | 'xml') => {
    const { status, stdout, stderr } = spawnSync('plistutil', ['-i', '-', '-f', to], { input })
    assert.equal(status, 0, `${stderr}\n${xml}`)
    return stdout
  }
  return convert(convert(xml, 'bin'), 'xml').toString('utf8')
}

/** Reads the manifest of one application with two readers, which must agree, and holds its shape against Apple's. */
export function readManifest(xml: string): ReadManifest {
  needPrograms({ plistutil: 'libplist-utils', python3: 'python3-minimal' })
  const [read, again] = withPython(xml, withLibplist(xml))
  assert.deepEqual(again, read)
  const { items, ...more } = read as { items: ReadManifest[] }
  assert.deepEqual(more, {})
  assert.equal(items.length, 1)
  const [item] = items as [ReadManifest]
  assert.deepEqual(Object.keys(item).sort(), ['assets', 'metadata'])
  for (const asset of item.assets) assert.deepEqual(Object.keys(asset).sort(), ['kind', 'url'])
  assert.deepEqual(Object.keys(item.metadata).sort(), ['bundle-identifier', 'bundle-version', 'kind', 'title'])
  assert.equal(item.metadata.kind, 'software')
  assert.equal(item.assets.filter(({ kind }) => kind === 'software-package').length, 1)
  return item
}

/** The URL of its asset of a kind. */
export function assetUrl({ assets }: ReadManifest, kind: string): string {
  const found = assets.filter((asset) => asset.kind === kind)
  assert.equal(found.length, 1, kind)
  return found[0]!.url
}
