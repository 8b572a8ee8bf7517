import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { needPrograms } from './debian.ts'

/** What an item of a manifest says. */
export interface ReadManifest {
  readonly assets: readonly { readonly kind: string; readonly url: string }[]
  readonly metadata: Readonly<Record<string, string>>
}

/** Reads a property list with Python's reader. @returns it as JSON has it */
function withPython(xml: string): unknown {
  const script = 'import json, plistlib, sys; json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)'
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script], { input: xml, encoding: 'utf8' })
  assert.equal(status, 0, `${stderr}\n${xml}`)
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
  const read = withPython(xml)
  assert.deepEqual(withPython(withLibplist(xml)), read)
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
