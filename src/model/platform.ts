import { z } from 'zod'

export const PLATFORMS = ['android', 'ios', 'macos', 'windows', 'linux', 'any'] as const
export const Platform = z.enum(PLATFORMS)
export type Platform = z.infer<typeof Platform>

export const ARCHES = ['x64', 'arm64', 'arm', 'x86', 'riscv64', 'universal', 'any'] as const
export const Arch = z.enum(ARCHES)
export type Arch = z.infer<typeof Arch>

export const FORMATS = [
  'apk',
  'aab',
  'apks',
  'xapk',
  'ipa',
  'app-zip',
  'dmg',
  'pkg',
  'exe',
  'msi',
  'msix',
  'appx',
  'msixbundle',
  'deb',
  'rpm',
  'appimage',
  'flatpak',
  'snap',
  'tar.gz',
  'tar.xz',
  'tar.zst',
  'tar.bz2',
  'zip',
  'npm',
  'wheel',
  'elf',
  'macho',
  'pe',
  'oci',
  'sbom',
  'file',
] as const
export const Format = z.enum(FORMATS)
export type Format = z.infer<typeof Format>

const PLATFORM_ALIASES: ReadonlyMap<string, Platform> = new Map(
  Object.entries({
    darwin: 'macos',
    osx: 'macos',
    mac: 'macos',
    win: 'windows',
    win32: 'windows',
    win64: 'windows',
    iphone: 'ios',
    iphoneos: 'ios',
    noarch: 'any',
  } as const),
)

const ARCH_ALIASES: ReadonlyMap<string, Arch> = new Map(
  Object.entries({
    amd64: 'x64',
    x86_64: 'x64',
    'x86-64': 'x64',
    aarch64: 'arm64',
    armv8: 'arm64',
    'arm64-v8a': 'arm64',
    arm64e: 'arm64',
    armv7: 'arm',
    armv7l: 'arm',
    armv7hl: 'arm',
    armv6: 'arm',
    armhf: 'arm',
    armel: 'arm',
    armeabi: 'arm',
    'armeabi-v7a': 'arm',
    i386: 'x86',
    i486: 'x86',
    i586: 'x86',
    i686: 'x86',
    ia32: 'x86',
    riscv64gc: 'riscv64',
    universal2: 'universal',
    fat: 'universal',
    all: 'any',
    noarch: 'any',
  } as const),
)

/** Our word for a platform, from our words and common aliases, without case; undefined when unknown. */
export function platformFrom(text: string): Platform | undefined {
  const key = text.toLowerCase()
  return PLATFORMS.find((p) => p === key) ?? PLATFORM_ALIASES.get(key) ?? tripleOf(key)?.platform
}

/** Our word for a CPU architecture, from our words, Debian, RPM, Android and Rust names; undefined when unknown. */
export function archFrom(text: string): Arch | undefined {
  const key = text.toLowerCase()
  return ARCHES.find((a) => a === key) ?? ARCH_ALIASES.get(key) ?? tripleOf(key)?.arch
}

/** Rust target triples such as `aarch64-apple-darwin`, `x86_64-unknown-linux-musl`. */
function tripleOf(text: string): { platform: Platform | undefined; arch: Arch | undefined } | undefined {
  const parts = text.split('-')
  if (parts.length < 3) return undefined
  const arch = ARCHES.find((a) => a === parts[0]) ?? ARCH_ALIASES.get(parts[0]!)
  const system = parts.slice(1)
  const platform =
    system.includes('android') || system.includes('androideabi')
      ? 'android'
      : system.includes('ios')
        ? 'ios'
        : system.includes('darwin')
          ? 'macos'
          : system.includes('windows')
            ? 'windows'
            : system.includes('linux')
              ? 'linux'
              : undefined
  return { platform, arch }
}

/** Input form: accepts the aliases, gives our word. */
export const PlatformInput = z
  .string()
  .max(64)
  .refine((text) => platformFrom(text) !== undefined, `must be one of ${PLATFORMS.join(', ')}`)
export const ArchInput = z
  .string()
  .max(64)
  .refine((text) => archFrom(text) !== undefined, `must be one of ${ARCHES.join(', ')}`)

const MEDIA_TYPES: Readonly<Partial<Record<Format, string>>> = {
  apk: 'application/vnd.android.package-archive',
  aab: 'application/octet-stream',
  ipa: 'application/octet-stream',
  dmg: 'application/x-apple-diskimage',
  pkg: 'application/vnd.apple.installer+xml',
  exe: 'application/vnd.microsoft.portable-executable',
  pe: 'application/vnd.microsoft.portable-executable',
  msi: 'application/x-msi',
  msix: 'application/msix',
  appx: 'application/appx',
  msixbundle: 'application/msixbundle',
  deb: 'application/vnd.debian.binary-package',
  rpm: 'application/x-rpm',
  appimage: 'application/vnd.appimage',
  'app-zip': 'application/zip',
  zip: 'application/zip',
  'tar.gz': 'application/gzip',
  'tar.xz': 'application/x-xz',
  'tar.zst': 'application/zstd',
  'tar.bz2': 'application/x-bzip2',
}

/** Media type of an artifact's bytes; never one that a browser would run or render. */
export function mediaTypeOf(format: Format): string {
  return MEDIA_TYPES[format] ?? 'application/octet-stream'
}
