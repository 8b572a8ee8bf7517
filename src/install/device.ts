import type { Device, DevicePlatform } from '../model/install-page.ts'
import type { Arch, Platform } from '../model/platform.ts'

/** Request fields that tell of the device: what an answer depends on. */
export const DEVICE_FIELDS = [
  'User-Agent',
  'Sec-CH-UA-Platform',
  'Sec-CH-UA-Arch',
  'Sec-CH-UA-Bitness',
  'Sec-CH-UA-Platform-Version',
] as const

/** The device that a request comes from, or that it asks about. */
export function deviceOf(headers: Headers, asked: { readonly platform?: Platform; readonly arch?: Arch }): Device {
  const nothing = { arch: null, version: null, packages: null }
  if (asked.platform !== undefined && asked.platform !== 'any') {
    return { ...nothing, platform: asked.platform, source: 'asked' }
  }
  const agent = headers.get('user-agent') ?? ''
  const found = PLATFORMS.find(([pattern]) => pattern.test(agent))
  return found === undefined
    ? { ...nothing, platform: null, source: 'none' }
    : { ...nothing, platform: found[1], source: 'agent' }
}

const PLATFORMS: readonly (readonly [RegExp, DevicePlatform])[] = [
  [/Android/, 'android'],
  [/iPhone|iPad|iPod/, 'ios'],
  [/Windows NT/, 'windows'],
  [/Macintosh/, 'macos'],
  [/Linux|X11/, 'linux'],
]

/** The device in words: `Windows on 64-bit ARM`; null when nothing is known of it. */
export function deviceLabel({ platform }: Device): string | null {
  return platform
}
