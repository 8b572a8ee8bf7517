import type { ByteSource } from '../../bytes/byte-source.ts'
import { findNode } from '../../formats/archive/file-tree.ts'
import { openSquashfs, SQUASHFS_MAGIC } from '../../formats/archive/squashfs.ts'
import type { Budget } from '../../formats/budget.ts'
import { decodeUtf8 } from '../../formats/decode-text.ts'
import { FormatError, FormatLimitError } from '../../formats/format-error.ts'
import { type FlatYaml, parseFlatYaml } from '../../formats/linux/flat-yaml.ts'
import type { Inspection, InspectionReport } from '../../model/inspection.ts'
import { type Arch, archFrom } from '../../model/platform.ts'
import { displayText, exactText, finding } from '../finding.ts'
import type { Inspector } from '../inspector.ts'
import { reading } from '../reading.ts'

const MAX_YAML_BYTES = 1 << 20

/** Texts of {@link Inspection} `facts` that `snap.yaml` has under the same name. */
const FACTS = ['summary', 'type', 'base', 'confinement', 'grade', 'license'] as const

/**
 * Snaps: a squashfs image with `meta/snap.yaml` ("The snap format"). Read: that file. Another squashfs image is some
 * file; one whose compression has no decoder here is taken for a snap, as nothing else of that kind is distributed to
 * users. Assertions, by which a store signs snaps, are files of their own.
 */
export const snapInspector: Inspector = {
  name: 'snap',
  format: 'snap',
  async sniff(head) {
    return SQUASHFS_MAGIC.every((byte, i) => head[i] === byte)
  },
  inspect: (source, limits) => reading('snap', limits, (budget) => inspectSnap(source, budget)),
}

const SNAP = { format: 'snap', platform: 'linux', install: 'file' } as const

async function inspectSnap(source: ByteSource, budget: Budget): Promise<InspectionReport> {
  const image = await openSquashfs(source, budget)
  const unread = (why: string): InspectionReport => ({
    inspection: SNAP,
    checks: [finding('info', 'snap.unread', `Name and version are not known: ${why}`)],
  })
  if (!image.isReadable) return unread(`the files are compressed by ${image.compression}, which is not read`)
  const node = await findNode(await image.root(), 'meta/snap.yaml')
  if (node?.kind !== 'file') return { inspection: { format: 'file', install: 'file' }, checks: [] }
  if (node.sizeBytes > MAX_YAML_BYTES) return unread(`meta/snap.yaml is larger than ${MAX_YAML_BYTES} bytes`)
  const bytes = await node.read(MAX_YAML_BYTES)
  try {
    return readSnapYaml(parseFlatYaml(decodeUtf8(bytes, 'meta/snap.yaml'))) ?? unread('meta/snap.yaml tells no name')
  } catch (error) {
    if (error instanceof FormatLimitError || !(error instanceof FormatError)) throw error
    return unread('meta/snap.yaml cannot be read')
  }
}

function readSnapYaml(yaml: FlatYaml): InspectionReport | undefined {
  const rawText = (key: string): string | undefined => {
    const value = yaml.get(key)
    return typeof value === 'string' ? value : undefined
  }
  const text = (key: string) => displayText(rawText(key))
  const identifier = exactText(rawText('name'))
  if (identifier === undefined) return undefined
  const name = text('title')
  const version = text('version')
  const arch = archOf(yaml.get('architectures'))
  const facts: NonNullable<Inspection['facts']> = {}
  for (const key of FACTS) {
    const value = text(key)
    if (value !== undefined) facts[key] = value
  }
  return {
    inspection: {
      ...SNAP,
      ...(arch === undefined ? {} : { arch }),
      identifier,
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
      facts,
    },
    checks: [],
  }
}

/** One of Debian's names, or `all`, which is also meant when there is none; several have no word of ours. */
function archOf(value: string | readonly string[] | undefined): Arch | undefined {
  if (value === undefined) return 'any'
  const names = typeof value === 'string' ? [value] : value
  return names.length === 1 ? archFrom(names[0]!) : undefined
}
