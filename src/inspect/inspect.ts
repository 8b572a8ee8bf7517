import type { ByteSource } from '../bytes/byte-source.ts'
import { digestOf } from '../bytes/digest.ts'
import { FormatLimitError } from '../formats/format-error.ts'
import type { InspectionReport } from '../model/inspection.ts'
import type { Format, Platform } from '../model/platform.ts'
import { finding } from './finding.ts'
import {
  DEFAULT_LIMITS,
  InspectionError,
  InspectionLimitError,
  type InspectLimits,
  type Inspector,
} from './inspector.ts'
import { INSPECTORS } from './inspectors.ts'
import { meteredSource } from './metered-source.ts'
import { asInspectionError } from './reading.ts'

const HEAD_BYTES = 4096
/** Readers notice by themselves that their time is up, when they come to it. */
const GRACE_MS = 1000

/** What a format is for, when its bytes could not be read further. */
const PLATFORM_OF: Readonly<Record<Format, Platform | undefined>> = {
  apk: 'android',
  aab: 'android',
  apks: 'android',
  xapk: 'android',
  ipa: 'ios',
  'app-zip': 'macos',
  dmg: 'macos',
  pkg: 'macos',
  exe: 'windows',
  pe: 'windows',
  msi: 'windows',
  msix: 'windows',
  appx: 'windows',
  msixbundle: 'windows',
  deb: 'linux',
  rpm: 'linux',
  appimage: 'linux',
  flatpak: 'linux',
  snap: 'linux',
  'tar.gz': undefined,
  'tar.xz': undefined,
  'tar.zst': undefined,
  'tar.bz2': undefined,
  zip: undefined,
  npm: 'any',
  wheel: undefined,
  elf: undefined,
  macho: undefined,
  oci: undefined,
  sbom: 'any',
  file: undefined,
}

/**
 * Reads what an artifact is from its bytes; a file name is never looked at.
 *
 * Hostile or damaged bytes never make it throw: the report then has a check of level `error`, `inspect.unreadable` or
 * `inspect.limit`, and keeps the format that was recognised. It ends within `limits`.
 *
 * @throws what `source` throws, unchanged
 */
export async function inspectArtifact(
  source: ByteSource,
  limits: InspectLimits = DEFAULT_LIMITS,
): Promise<InspectionReport> {
  const metered = meteredSource(source, limits)
  let inspector: Inspector | undefined
  try {
    return await withinTime(limits, metered.leftMs, async () => {
      const head = await metered.read(0, Math.min(HEAD_BYTES, metered.sizeBytes))
      for (inspector of INSPECTORS) {
        if (await inspector.sniff(head, metered)) return named(await inspector.inspect(metered, limits))
      }
      throw new TypeError('Cannot inspect: no inspector accepted the bytes')
    })
  } catch (thrown) {
    if (metered.failure !== undefined) throw metered.failure.error
    const error = asInspectionError(inspector?.format ?? 'file', thrown)
    if (!(error instanceof InspectionError)) throw error
    return unreadable(error)
  }
}

/** A picture is kept by its digest, like all bytes. */
function named(report: InspectionReport): InspectionReport {
  const { icon, inspection } = report
  if (icon === undefined || inspection.icon === undefined) return report
  return { ...report, inspection: { ...inspection, icon: { ...inspection.icon, digest: digestOf(icon) } } }
}

function unreadable(error: InspectionError): InspectionReport {
  const platform = PLATFORM_OF[error.format]
  const code = error instanceof InspectionLimitError ? 'inspect.limit' : 'inspect.unreadable'
  const where = error.offset === undefined ? '' : ` (at byte ${error.offset})`
  return {
    inspection: {
      format: error.format,
      ...(platform === undefined ? {} : { platform }),
      install: error.format === 'ipa' ? 'download' : 'file',
    },
    checks: [finding('error', code, `${error.message}${where}`)],
  }
}

/** Readers watch the clock themselves; this is for one that waits for something that never comes. */
async function withinTime<T>(limits: InspectLimits, leftMs: () => number, run: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const look = () => {
      const left = leftMs() + GRACE_MS
      if (left > 0) timer = setTimeout(look, left)
      else reject(new FormatLimitError(`Cannot read on: it takes longer than ${limits.maxMs} ms`))
    }
    look()
  })
  try {
    return await Promise.race([run(), late])
  } finally {
    clearTimeout(timer)
  }
}
