import type { ZipDirectory } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import type { InspectionReport } from '../../model/inspection.ts'
import type { Format } from '../../model/platform.ts'
import type { ArtifactSource, InspectLimits, Inspector } from '../inspector.ts'
import { reading } from '../reading.ts'
import { openZip, zipContents } from './zip-contents.ts'

/** A ZIP that an inspector recognised, on its way to a report. */
export interface OpenedZip<F extends Format> {
  readonly format: F
  readonly source: ArtifactSource
  readonly directory: ZipDirectory
  readonly budget: Budget
  readonly limits: InspectLimits
}

/**
 * An inspector of the ZIPs that their members make one of `formats`. Its members are counted against the budget before
 * `inspect` is asked.
 */
export function zipInspector<F extends Format>(
  name: string,
  formats: readonly [F, ...F[]],
  inspect: (zip: OpenedZip<F>) => Promise<InspectionReport>,
): Inspector {
  const ours = (format: Format | undefined) => formats.find((one) => one === format)
  return {
    name,
    format: formats[0],
    async sniff(head, source) {
      return ours((await zipContents(head, source))?.format) !== undefined
    },
    async inspect(source, limits) {
      const { format: read, directory } = await openZip(formats[0], source)
      // Whoever knows better what the bytes are may ask without sniffing.
      const format = ours(read) ?? formats[0]
      return reading(format, limits, (budget) => {
        budget.entries(directory.entries.length)
        return inspect({ format, source, directory, budget, limits })
      })
    },
  }
}
