import { finding } from '../finding.ts'
import type { Inspector } from '../inspector.ts'
import { reading } from '../reading.ts'
import { inspectWheel } from './wheel.ts'
import { openZip, zipChecks, zipContents } from './zip-contents.ts'
import { zipPrograms } from './zip-programs.ts'

/**
 * Everything else that is a ZIP: told apart by member names. Read: the directory; of a Python wheel its `WHEEL` and
 * `METADATA`; of others the first bytes of programs, which tell platform and arch when all agree.
 */
export const zipPackageInspector: Inspector = {
  name: 'zip',
  format: 'zip',
  async sniff(head, source) {
    return (await zipContents(head, source)) !== undefined
  },
  async inspect(source, limits) {
    const { format, directory } = await openZip('zip', source)
    return reading(format, limits, async (budget) => {
      budget.entries(directory.entries.length)
      // Installers of wheels refuse what two readers could see differently, as registries do.
      const checks = await zipChecks(source, directory, format === 'wheel' ? 'error' : 'warning', budget)
      if (format === 'wheel') {
        const report = await inspectWheel(source, directory, budget)
        return { ...report, checks: [...checks, ...report.checks] }
      }
      const { told, isWhole } = await zipPrograms(source, directory, budget)
      if (!isWhole) {
        const words = 'The archive has more programs than were looked at: its platform is not told'
        checks.push(finding('info', 'archive.partly_read', words))
      }
      return { inspection: { format, install: 'file', ...told }, checks }
    })
  },
}
