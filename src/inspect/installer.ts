import type { ByteSource } from '../bytes/byte-source.ts'
import type { Format, Platform } from '../model/platform.ts'
import type { Inspector } from './inspector.ts'

/** Formats that are recognised, and not read beyond what recognising needs. */
interface Mark {
  readonly format: Format
  readonly platform: Platform
  /** @param head first 4096 bytes or fewer */
  matches(head: Uint8Array, source: ByteSource): boolean | Promise<boolean>
}

function startsWith(head: Uint8Array, ...bytes: number[]): boolean {
  return head.byteLength >= bytes.length && bytes.every((byte, i) => head[i] === byte)
}

const MARKS: readonly Mark[] = [
  // "flatpak\0" and the version and byte order of a bundle
  {
    format: 'flatpak',
    platform: 'linux',
    matches: (head) => startsWith(head, 0x66, 0x6c, 0x61, 0x74, 0x70, 0x61, 0x6b, 0, 1, 0, 0x89, 0xe5),
  },
]

async function markOf(head: Uint8Array, source: ByteSource): Promise<Mark | undefined> {
  for (const mark of MARKS) if (await mark.matches(head, source)) return mark
  return undefined
}

export const installerInspector: Inspector = {
  name: 'installer',
  format: 'file',
  async sniff(head, source) {
    return (await markOf(head, source)) !== undefined
  },
  async inspect(source) {
    const mark = await markOf(await source.read(0, Math.min(4096, source.sizeBytes)), source)
    if (mark === undefined) throw new TypeError('Cannot inspect: the source is no installer')
    return { inspection: { format: mark.format, platform: mark.platform, install: 'file' }, checks: [] }
  },
}
