/** Files of a disk image, however it stores them. Nothing is read before it is asked for. */
export interface TreeNode {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  /** Of the contents of a file; of no meaning for the others. */
  readonly sizeBytes: number
  /** Names in a directory, in the image's order. @throws FormatError, FormatLimitError, RangeError when cut off */
  names(): Promise<readonly string[]>
  /** Undefined when there is none of that name. @throws FormatError, FormatLimitError, RangeError */
  child(name: string): Promise<TreeNode | undefined>
  /** Where a symlink leads, as it is stored. @throws FormatError, RangeError */
  target(): Promise<string>
  /** All of a file. @throws FormatError, FormatLimitError when it is larger than `maxBytes`, RangeError */
  read(maxBytes: number): Promise<Uint8Array>
}

const MAX_HOPS = 8
const MAX_PARTS = 64

/**
 * The node at `path`, e.g. `meta/snap.yaml`, after following at most eight symlinks, also in the middle of the path.
 * Undefined when there is none, when links go in circles, and when one leads out of the image: an absolute target is a
 * path of the system that mounts it.
 *
 * @throws FormatError, FormatLimitError, RangeError
 */
export async function findNode(root: TreeNode, path: string): Promise<TreeNode | undefined> {
  const parts = path.split('/')
  const trail: TreeNode[] = [root]
  let hops = 0
  while (parts.length > 0) {
    const here = trail.at(-1)!
    const name = parts.shift()!
    if (name === '' || name === '.') continue
    if (here.kind !== 'directory') return undefined
    if (name === '..') {
      if (trail.length === 1) return undefined
      trail.pop()
      continue
    }
    const next = await here.child(name)
    if (next === undefined) return undefined
    if (next.kind !== 'symlink') {
      trail.push(next)
      continue
    }
    const target = await next.target()
    hops++
    if (hops > MAX_HOPS || target.startsWith('/')) return undefined
    parts.unshift(...target.split('/', MAX_PARTS + 1))
    if (parts.length > MAX_PARTS) return undefined
  }
  return trail.at(-1)
}
