import type { Offer } from '../model/install-page.ts'
import { androidTruth } from './android.ts'
import { iosTruth } from './ios.ts'
import { linuxTruth } from './linux.ts'
import { macosTruth } from './macos.ts'
import type { OfferedFile, OfferScene } from './offered.ts'
import { verdictsOf } from './verdicts.ts'
import { windowsTruth } from './windows.ts'

/** What a platform says to a file, by what was read from its bytes. */
export interface Truth {
  /** Findings of the inspection are among them. */
  readonly verdicts: Offer['verdicts']
  readonly permissions: Offer['permissions']
  /** Beside those that every file has. */
  readonly facts?: Offer['facts']
  /** Instead of the action that every file has, to download it. */
  readonly action?: Offer['action']
  readonly withheld?: Offer['withheld']
  readonly file?: Offer['file']
  readonly phoneCheck?: Offer['phoneCheck']
}

/** @throws never: what the bytes do not tell is not told */
export function truthOf(file: OfferedFile, scene: OfferScene): Truth {
  switch (file.platform) {
    case 'android':
      return androidTruth(file, scene)
    case 'ios':
      return iosTruth(file, scene)
    case 'macos':
      return macosTruth(file, scene)
    case 'windows':
      return windowsTruth(file, scene)
    case 'linux':
      return linuxTruth(file, scene)
    case 'any':
      return { verdicts: verdictsOf(file, scene, {}), permissions: [] }
  }
}
