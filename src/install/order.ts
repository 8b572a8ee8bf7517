import type { Device, DevicePlatform, Offer } from '../model/install-page.ts'
import { type Arch, archFrom, type Format, PLATFORMS, type Platform } from '../model/platform.ts'
import type { OfferedFile, OfferedLink } from './offered.ts'

type Fit = Offer['fit']

interface Machine {
  readonly platform: Platform
  readonly arch: Arch
  readonly format?: Format
  readonly inspection?: Pick<OfferedFile['inspection'], 'abis'>
}

/** Whether something for a platform and arch runs on a device. */
export function fitOf(of: Machine, device: Device): Fit {
  if (of.platform !== 'any') {
    if (device.platform === null) return 'unknown'
    if (of.platform !== device.platform) return 'not'
  }
  if (of.format !== undefined && isOtherPackage(of.format, device)) return 'not'
  return bestFit(archesOf(of).map((arch) => archFit(of.platform, arch, device)))
}

/** A .deb on Fedora, an .rpm on Debian: their installers take them not. */
function isOtherPackage(format: Format, { packages }: Device): boolean {
  return packages !== null && (format === 'deb' || format === 'rpm') && format !== packages
}

const FITS: readonly Fit[] = ['fits', 'emulated', 'unknown', 'not']

function bestFit(fits: readonly Fit[]): Fit {
  return FITS.find((fit) => fits.includes(fit)) ?? 'unknown'
}

/** Native code of an APK says more than one word for all of it. */
function archesOf({ platform, arch, inspection }: Machine): readonly Arch[] {
  const abis = platform === 'android' ? (inspection?.abis ?? []).flatMap((abi) => archFrom(abi) ?? []) : []
  return abis.length > 0 ? abis : [arch]
}

/** What a device of this arch makes of a program of that one. */
function archFit(platform: Platform, arch: Arch, device: Device): Fit {
  if (arch === 'any' || arch === 'universal') return 'fits'
  if (device.platform === 'ios') return iosFit(arch, device)
  if (device.arch === null) return 'unknown'
  if (arch === device.arch) return 'fits'
  const others = platform === 'any' ? undefined : OTHERS[platform]?.[device.arch]?.[arch]
  return typeof others === 'function' ? others(Number.parseInt(device.version ?? '', 10)) : (others ?? 'not')
}

/** Every device of today has 64 bits; iOS 11 and later run nothing of 32. */
function iosFit(arch: Arch, { version }: Device): Fit {
  if (arch === 'arm64') return 'fits'
  return arch === 'arm' && Number.parseInt(version ?? '', 10) < 11 ? 'fits' : 'not'
}

/** By platform, arch of the device and arch of the file: what else it runs. By major version (NaN where unknown) where that decides. */
type Others = Partial<Record<Arch, Partial<Record<Arch, Fit | ((major: number) => Fit)>>>>
const OTHERS: Readonly<Partial<Record<DevicePlatform, Others>>> = {
  // Rosetta goes with macOS 28: https://developer.apple.com/documentation/apple-silicon/about-the-rosetta-translation-environment
  macos: { arm64: { x64: (major) => (major >= 28 ? 'not' : 'emulated') } },
  windows: {
    x64: { x86: 'fits' },
    // Windows 10 on ARM emulates 32 bits alone, and 32-bit ARM went with Windows 11 24H2:
    // https://learn.microsoft.com/windows/arm/apps-on-arm-x86-emulation
    arm64: { x86: 'emulated', x64: (major) => (major === 10 ? 'not' : 'emulated'), arm: 'unknown' },
  },
  // The libraries of 32-bit programs are there or not.
  linux: { x64: { x86: 'unknown' }, arm64: { arm: 'unknown' } },
  // Phones without 32 bits begin with the Pixel 7; on Intel, ARM code is translated where the maker has put a translator in.
  android: { arm64: { arm: 'unknown' }, x64: { x86: 'unknown', arm64: 'unknown', arm: 'unknown' } },
}

export type Candidate =
  | { readonly kind: 'file'; readonly file: OfferedFile }
  | { readonly kind: 'link'; readonly link: OfferedLink }

export function platformOf(candidate: Candidate): Platform {
  return candidate.kind === 'file' ? candidate.file.platform : candidate.link.platform
}

export function candidateFit(candidate: Candidate, device: Device): Fit {
  return fitOf(candidate.kind === 'file' ? candidate.file : { platform: candidate.link.platform, arch: 'any' }, device)
}

/** What nothing on a device installs by itself. */
const NOT_DIRECT: ReadonlySet<Format> = new Set(['aab', 'apks', 'xapk'])

/** What most devices of a platform have, where one does not tell: first what runs on most of them. */
const COMMON_ARCHES: Readonly<Record<DevicePlatform, readonly Arch[]>> = {
  android: ['arm64'],
  ios: ['arm64'],
  macos: ['arm64', 'x64'],
  windows: ['x64', 'x86'],
  linux: ['x64'],
}

/**
 * Whether a device may be told to take this: it runs there, or it runs on most devices of the platform where this one does not
 * tell what it is.
 */
export function mayBeBest(candidate: Candidate, device: Device): boolean {
  if (device.platform === null) return false
  if (candidate.kind === 'file' && NOT_DIRECT.has(candidate.file.format)) return false
  const fit = candidateFit(candidate, device)
  if (fit !== 'unknown' || candidate.kind === 'link') return fit === 'fits' || fit === 'emulated'
  return device.arch === null && archesOf(candidate.file).some((arch) => COMMON_ARCHES[device.platform!].includes(arch))
}

/** The platforms that there is something for, that of the device first, what serves the device best first in each. */
export function inOrder(
  candidates: readonly Candidate[],
  device: Device,
): { readonly platform: Platform; readonly candidates: readonly Candidate[] }[] {
  const groups = Map.groupBy(candidates, platformOf)
  return PLATFORMS.filter((platform) => groups.has(platform))
    .map((platform) => ({ platform, candidates: sorted(groups.get(platform)!, platform, device) }))
    .sort((a, b) => Number(b.platform === device.platform) - Number(a.platform === device.platform))
}

function sorted(candidates: readonly Candidate[], platform: Platform, device: Device): Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, rank: rankOf(candidate, platform, device) }))
    .sort((a, b) => compare(a.rank, b.rank))
    .map(({ candidate }) => candidate)
}

type Rank = readonly (number | string)[]

function compare(a: Rank, b: Rank): number {
  const place = a.findIndex((part, at) => part !== b[at])
  return place < 0 ? 0 : a[place]! < b[place]! ? -1 : 1
}

/** Lower is better: whether it can be taken at all, whether it runs, by what way, on what processor, in what form. */
function rankOf(candidate: Candidate, platform: Platform, device: Device): Rank {
  const fit = FITS.indexOf(candidateFit(candidate, device))
  if (candidate.kind === 'link') return [0, fit, LINK_PLACES[candidate.link.kind](platform), candidate.link.url]
  const { arch, format, variant, fileName } = candidate.file
  const formats = platform === 'linux' ? linuxFormats(device) : (FORMATS[platform] ?? [])
  return [
    NOT_DIRECT.has(format) ? 1 : 0,
    fit,
    FILES,
    placeIn(platform === 'any' ? [] : ['universal', 'any', ...COMMON_ARCHES[platform]], arch),
    placeIn(formats, format),
    // Whoever makes a variant says that it is not for everybody.
    variant ?? '',
    fileName,
  ]
}

/** Files before links to the same, but for iOS, where Apple's way needs nothing else. */
const FILES = 2
const LINK_PLACES: Readonly<Record<OfferedLink['kind'], (platform: Platform) => number>> = {
  testflight: () => 0,
  'app-store': (platform) => (platform === 'ios' ? 1 : 3),
  play: () => 3,
  'microsoft-store': () => 3,
  web: () => 4,
}

function placeIn<T>(places: readonly T[], one: T): number {
  const place = places.indexOf(one)
  return place < 0 ? places.length : place
}

/** What a person should take who does not know what to take: what the system installs by itself, then what is unpacked by hand. */
const FORMATS: Readonly<Partial<Record<Platform, readonly Format[]>>> = {
  android: ['apk', 'xapk', 'apks', 'aab'],
  macos: ['dmg', 'pkg', 'app-zip', 'zip', 'tar.gz', 'tar.xz', 'macho'],
  windows: ['exe', 'msi', 'msixbundle', 'msix', 'appx', 'pe', 'zip', 'tar.gz'],
}

const LINUX_PORTABLE: readonly Format[] = ['flatpak', 'snap', 'tar.gz', 'tar.xz', 'tar.zst', 'tar.bz2', 'zip', 'elf']

function linuxFormats({ platform, packages }: Device): readonly Format[] {
  if (platform !== 'linux' || packages === null) return ['appimage', 'deb', 'rpm', ...LINUX_PORTABLE]
  return [packages, 'appimage', ...LINUX_PORTABLE, packages === 'deb' ? 'rpm' : 'deb']
}
