import type { OfferedFile, OfferScene } from '../offered.ts'
import { androidTruth } from './android.ts'
import { iosTruth } from './ios.ts'
import { linuxTruth } from './linux.ts'
import { macosTruth } from './macos.ts'
import type { Truth } from './truth.ts'
import { verdictsOf } from './verdicts.ts'
import { windowsTruth } from './windows.ts'

/** What the platform of a file says to it. @throws never: what the bytes do not tell is not told */
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
