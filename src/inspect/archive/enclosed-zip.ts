import { aabInspector } from '../android/aab.ts'
import { apkInspector } from '../android/apk.ts'
import { apkSetInspector } from '../android/apk-set.ts'
import { appZipInspector } from '../apple/app-zip.ts'
import { ipaInspector } from '../apple/ipa.ts'
import type { Inspector } from '../inspector.ts'
import { msixInspector } from '../windows/msix.ts'
import { enclosedZip } from './zip-contents.ts'
import { zipPackageInspector } from './zip-package.ts'

/** In the order in which they are asked. */
export const ZIP_INSPECTORS: readonly Inspector[] = [
  apkInspector, // before the others of its kind, because devices install it
  ipaInspector, // likewise
  apkSetInspector, // likewise, through an installer
  aabInspector,
  appZipInspector,
  msixInspector,
  zipPackageInspector, // every other ZIP
]

/** ZIPs with bytes before and behind them, which unzip, Python and others open nevertheless. */
export const enclosedZipInspector: Inspector = {
  name: 'enclosed-zip',
  format: 'zip',
  async sniff(head, source) {
    return (await enclosedZip(head, source)) !== undefined
  },
  async inspect(source, limits) {
    const head = await source.read(0, Math.min(HEAD_BYTES, source.sizeBytes))
    for (const inspector of ZIP_INSPECTORS)
      if (await inspector.sniff(head, source)) return inspector.inspect(source, limits)
    throw new TypeError('Cannot inspect: the source is no ZIP')
  },
}

const HEAD_BYTES = 4096
