import type { ByteSource } from '../bytes/byte-source.ts'
import type { Budget } from '../formats/budget.ts'
import { MAX_PLIST_BYTES } from '../formats/plist.ts'
import { readZipMember, type ZipDirectory } from '../formats/zip.ts'
import type { Inspection } from '../model/inspection.ts'
import type { Format, Platform } from '../model/platform.ts'
import { plistText, readAppBundle } from './app-bundle.ts'
import { displayText } from './finding.ts'
import type { Inspector } from './inspector.ts'
import { asInspectionError, reading } from './reading.ts'
import { inspectWheel } from './wheel.ts'
import { zipChecks, zipContents } from './zip-contents.ts'

/** ZIP formats that no device installs as they are, and plain ZIP files. */
const PLATFORMS: Readonly<Partial<Record<Format, Platform>>> = {
  'app-zip': 'macos',
  msix: 'windows',
  msixbundle: 'windows',
}

/**
 * Everything else that is a ZIP: told apart by member names. Read: the directory; of a Mac application its `Info.plist`,
 * of a Python wheel its `WHEEL` and `METADATA`.
 */
export const zipPackageInspector: Inspector = {
  name: 'zip',
  format: 'zip',
  async sniff(head, source) {
    return (await zipContents(head, source)) !== undefined
  },
  async inspect(source, limits) {
    const contents = await zipContents(await source.read(0, Math.min(4096, source.sizeBytes)), source)
    if (contents === undefined) throw new TypeError('Cannot inspect: the source is not a ZIP')
    const { format, directory, failure } = contents
    if (directory === undefined) throw asInspectionError(format, failure)
    return reading(format, limits, async (budget) => {
      budget.entries(directory.entries.length)
      // Installers of wheels refuse what two readers could see differently, as registries do.
      const checks = await zipChecks(source, directory, format === 'wheel' ? 'error' : 'warning', budget)
      const platform = PLATFORMS[format]
      const base: Inspection = { format, ...(platform === undefined ? {} : { platform }), install: 'file' }
      if (format === 'app-zip')
        return { inspection: { ...base, ...(await appFacts(source, directory, budget)) }, checks }
      if (format === 'wheel') {
        const report = await inspectWheel(source, directory, budget)
        return { ...report, checks: [...checks, ...report.checks] }
      }
      return { inspection: base, checks }
    })
  },
}

async function appFacts(source: ByteSource, directory: ZipDirectory, budget: Budget): Promise<Partial<Inspection>> {
  const plist = directory.entries.find((entry) => /^(?:[^/]+\/)?[^/]+\.app\/Contents\/Info\.plist$/.test(entry.name))
  if (plist === undefined) return {}
  const bundle = readAppBundle('app-zip', await readZipMember(source, directory, plist, MAX_PLIST_BYTES, budget))
  const minOs = displayText(plistText(bundle.info, 'LSMinimumSystemVersion'))
  return {
    identifier: bundle.identifier,
    ...(bundle.name === undefined ? {} : { name: bundle.name }),
    ...(bundle.version === undefined ? {} : { version: bundle.version }),
    ...(bundle.buildNumber === undefined ? {} : { buildNumber: bundle.buildNumber }),
    ...(minOs === undefined ? {} : { minOs }),
  }
}
