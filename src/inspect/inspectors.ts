import { dmgInspector } from './apple/dmg.ts'
import { machoInspector } from './apple/macho.ts'
import { pkgInspector } from './apple/pkg.ts'
import { archiveInspector } from './archive/archive.ts'
import { enclosedZipInspector, ZIP_INSPECTORS } from './archive/enclosed-zip.ts'
import { genericInspector } from './generic.ts'
import type { Inspector } from './inspector.ts'
import { installerInspector } from './installer.ts'
import { appImageInspector } from './linux/appimage.ts'
import { debInspector } from './linux/deb.ts'
import { elfInspector } from './linux/elf.ts'
import { rpmInspector } from './linux/rpm.ts'
import { snapInspector } from './linux/snap.ts'
import { sbomInspector } from './sbom.ts'
import { msiInspector } from './windows/msi.ts'
import { peInspector } from './windows/pe.ts'

/** In the order in which they are asked; the first that recognises the bytes reads them. */
export const INSPECTORS: readonly Inspector[] = [
  ...ZIP_INSPECTORS,
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
  enclosedZipInspector, // a ZIP amid other bytes; only in a file that is nothing else
  sbomInspector, // text; after all magic numbers
  genericInspector, // the last one: always recognises, never fails
]
