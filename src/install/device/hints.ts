import type { Device, DevicePlatform } from '../../model/install-page.ts'
import { NOTHING_TOLD, plain, type Told } from './agent.ts'

const PLATFORMS: ReadonlyMap<string, DevicePlatform> = new Map([
  ['Android', 'android'],
  ['iOS', 'ios'],
  ['macOS', 'macos'],
  ['Windows', 'windows'],
  ['Linux', 'linux'],
  // As src/install/device/agent.ts says of it.
  ['Chrome OS', 'linux'],
  ['Chromium OS', 'linux'],
])

/**
 * Told by client hints (https://wicg.github.io/ua-client-hints/); undefined where there are none, or none that is known. Browsers
 * of Chromium alone send them, and but for the platform only over https and to this machine.
 */
export function toldByHints(headers: Headers): Told | undefined {
  const name = hint(headers, 'Sec-CH-UA-Platform')
  const platform = PLATFORMS.get(name)
  if (platform === undefined) return undefined
  return {
    ...NOTHING_TOLD,
    platform,
    arch: archOf(platform, hint(headers, 'Sec-CH-UA-Arch'), hint(headers, 'Sec-CH-UA-Bitness')),
    version: versionOf(platform, hint(headers, 'Sec-CH-UA-Platform-Version')),
    packages: name.endsWith(' OS') ? 'deb' : null,
  }
}

/** A string of RFC 9651; empty for anything else. */
function hint(headers: Headers, name: string): string {
  return /^"([\x20\x21\x23-\x5b\x5d-\x7e]{1,40})"$/.exec(headers.get(name) ?? '')?.[1] ?? ''
}

function archOf(platform: DevicePlatform, arch: string, bits: string): Device['arch'] {
  // No Mac that browsers still run on has 32 bits.
  const is64 = bits === '64' || (bits === '' && platform === 'macos')
  if (arch === 'arm') return is64 ? 'arm64' : bits === '32' ? 'arm' : null
  if (arch === 'x86') return is64 ? 'x64' : bits === '32' ? 'x86' : null
  return arch === 'riscv64' ? 'riscv64' : null
}

function versionOf(platform: DevicePlatform, text: string): string | null {
  const version = /^\d{1,3}(?:\.\d{1,3}){0,2}(?!\d)/.exec(text)?.[0]
  // Of Linux nothing, or the version of the kernel.
  if (version === undefined || platform === 'linux') return null
  // Where browsers freeze it, 10.15.7; those of today run on nothing that old.
  if (platform === 'macos' && version.startsWith('10.')) return null
  if (platform !== 'windows') return plain(version)
  // https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11
  const [major, minor] = version.split('.').map(Number)
  if (major === 0) return ({ 1: '7', 2: '8', 3: '8.1' } as Record<number, string>)[minor ?? 0] ?? null
  return major! >= 13 ? '11' : '10'
}
