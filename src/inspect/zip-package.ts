import type { Inspector } from './inspector.ts'
import { asInspectionError, reading } from './reading.ts'
import { inspectWheel } from './wheel.ts'
import { zipChecks, zipContents } from './zip-contents.ts'

/**
 * Everything else that is a ZIP: told apart by member names. Read: the directory; of a Python wheel its `WHEEL` and
 * `METADATA`.
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
      if (format === 'wheel') {
        const report = await inspectWheel(source, directory, budget)
        return { ...report, checks: [...checks, ...report.checks] }
      }
      return { inspection: { format, install: 'file' }, checks }
    })
  },
}
