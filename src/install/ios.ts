import type { OfferedFile, OfferScene } from './offered.ts'
import type { Truth } from './truth.ts'

/** What a file for ios is to its device. */
export function iosTruth(_file: OfferedFile, _scene: OfferScene): Truth {
  return { verdicts: [], permissions: [] }
}
