import type { OfferedFile, OfferScene } from './offered.ts'
import type { Truth } from './truth.ts'

/** What a file for macos is to its device. */
export function macosTruth(_file: OfferedFile, _scene: OfferScene): Truth {
  return { verdicts: [], permissions: [] }
}
