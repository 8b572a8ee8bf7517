import type { OfferedFile, OfferScene } from './offered.ts'
import type { Truth } from './truth.ts'

/** What a file for windows is to its device. */
export function windowsTruth(_file: OfferedFile, _scene: OfferScene): Truth {
  return { verdicts: [], permissions: [] }
}
