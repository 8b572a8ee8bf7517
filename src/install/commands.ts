import type { Command } from '../model/install-page.ts'
import type { OfferedFile, OfferScene } from './offered.ts'

/** Lines that fetch one file, hold it against its digest, and install it. */
export function commandsOf(_file: OfferedFile, _scene: OfferScene): readonly Command[] {
  return []
}

/** Lines that install whatever is right for the machine they run on. */
export function installersOf(_files: readonly OfferedFile[], _scene: OfferScene): readonly Command[] {
  return []
}
