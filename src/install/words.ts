import type { LinkKind } from '../model/artifact.ts'
import type { Arch, Format, Platform } from '../model/platform.ts'

/** What pages call platforms. */
export const PLATFORM_TITLES: Readonly<Record<Platform, string>> = {
  android: 'Android',
  ios: 'iPhone and iPad',
  macos: 'macOS',
  windows: 'Windows',
  linux: 'Linux',
  any: 'Any platform',
}

export const LINK_TITLES: Readonly<Record<LinkKind, string>> = {
  testflight: 'TestFlight',
  'app-store': 'App Store',
  play: 'Google Play',
  'microsoft-store': 'Microsoft Store',
  web: 'Web',
}

const FORMAT_TITLES: Readonly<Partial<Record<Format, string>>> = {
  apk: 'Android app',
  aab: 'Android App Bundle',
  apks: 'Set of APKs',
  xapk: 'Set of APKs',
  ipa: 'iOS app',
  'app-zip': 'Mac application, zipped',
  dmg: 'Disk image',
  pkg: 'Installer package',
  exe: 'Installer',
  msi: 'Windows Installer package',
  msix: 'MSIX package',
  appx: 'APPX package',
  msixbundle: 'MSIX bundle',
  deb: 'Debian package',
  rpm: 'RPM package',
  appimage: 'AppImage',
  flatpak: 'Flatpak bundle',
  snap: 'Snap',
  zip: 'ZIP archive',
  npm: 'npm package',
  wheel: 'Python wheel',
  elf: 'Program',
  macho: 'Program',
  pe: 'Program',
  oci: 'Container image',
  file: 'File',
}

/** `Disk image`, `Archive (tar.gz)`. */
export function formatTitle(format: Format): string {
  return FORMAT_TITLES[format] ?? `Archive (${format})`
}

/** `Apple silicon`, `64-bit ARM`; null where a file runs on any. */
export function machineText(platform: Platform, arch: Arch): string | null {
  switch (arch) {
    case 'any':
      return null
    case 'universal':
      return platform === 'macos' ? 'Apple silicon and Intel' : 'all processors'
    case 'arm64':
      // Of iPhones and iPads those of the last ten years.
      return platform === 'ios' ? null : platform === 'macos' ? 'Apple silicon' : '64-bit ARM'
    case 'x64':
      return platform === 'macos' ? 'Intel' : '64-bit Intel and AMD'
    case 'arm':
      return '32-bit ARM'
    case 'x86':
      return '32-bit Intel and AMD'
    case 'riscv64':
      return '64-bit RISC-V'
  }
}
