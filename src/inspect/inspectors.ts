import { aabInspector } from './aab.ts'
import { apkInspector } from './apk.ts'
import { apkSetInspector } from './apk-set.ts'
import { appZipInspector } from './app-zip.ts'
import { appImageInspector } from './appimage.ts'
import { archiveInspector } from './archive.ts'
import { elfInspector } from './binary.ts'
import { debInspector } from './deb.ts'
import { dmgInspector } from './dmg.ts'
import { genericInspector } from './generic.ts'
import type { Inspector } from './inspector.ts'
import { installerInspector } from './installer.ts'
import { ipaInspector } from './ipa.ts'
import { machoInspector } from './macho.ts'
import { msiInspector } from './msi.ts'
import { msixInspector } from './msix.ts'
import { peInspector } from './pe.ts'
import { pkgInspector } from './pkg.ts'
import { rpmInspector } from './rpm.ts'
import { sbomInspector } from './sbom.ts'
import { snapInspector } from './snap.ts'
import { zipPackageInspector } from './zip-package.ts'

/** In the order in which they are asked; the first that recognises the bytes reads them. */
export const INSPECTORS: readonly Inspector[] = [
  apkInspector, // a ZIP; before the others of its kind, because devices install it
  ipaInspector, // likewise
  apkSetInspector, // likewise, through an installer
  aabInspector, // a ZIP as well
  appZipInspector, // likewise
  msixInspector, // likewise
  zipPackageInspector, // every other ZIP
  debInspector, // an ar archive with a fixed first name
  rpmInspector, // by the magic of its lead
  appImageInspector, // an ELF program; before plain ELF
  elfInspector,
  machoInspector,
  peInspector, // after ZIP: a ZIP never starts with MZ, a self-extracting one does and is a program
  msiInspector, // a compound file of its own class
  snapInspector, // a squashfs image
  pkgInspector, // by the magic of xar
  dmgInspector, // by its last bytes
  installerInspector, // pkg and flatpak by their first bytes
  archiveInspector, // after dmg, whose first bytes may look compressed
  sbomInspector, // text; after all magic numbers
  genericInspector, // the last one: always recognises, never fails
]
