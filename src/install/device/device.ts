import type { Device } from '../../model/install-page.ts'
import type { Arch, Platform } from '../../model/platform.ts'
import { machineText } from '../words.ts'
import { NOTHING_TOLD, toldByAgent } from './agent.ts'
import { toldByHints } from './hints.ts'

/** Client hints that tell of the device. */
export const DEVICE_HINTS = [
  'Sec-CH-UA-Platform',
  'Sec-CH-UA-Arch',
  'Sec-CH-UA-Bitness',
  'Sec-CH-UA-Platform-Version',
] as const

/** Request fields that tell of the device: what an answer depends on. */
export const DEVICE_FIELDS = ['User-Agent', ...DEVICE_HINTS] as const

/** The device that a request comes from, or that it asks about: what the address says, then hints, then the user agent. */
export function deviceOf(
  headers: Headers,
  asked: { readonly platform?: Platform | undefined; readonly arch?: Arch | undefined },
): Device {
  const own = ownDevice(headers)
  const platform = asked.platform === 'any' ? undefined : asked.platform
  const arch = asked.arch === 'any' || asked.arch === 'universal' ? undefined : asked.arch
  if ((platform ?? own.platform) === null || (platform ?? arch) === undefined) return own
  // Whoever asks for the platform that he has may well mean the device that he has.
  const base = platform === undefined || platform === own.platform ? own : { ...NOTHING_TOLD, platform }
  return { ...base, arch: arch ?? base.arch, source: 'asked' }
}

function ownDevice(headers: Headers): Device {
  const agent = toldByAgent(headers.get('user-agent') ?? '')
  const hints = toldByHints(headers)
  if (hints === undefined) return { ...agent, source: agent.platform === null ? 'none' : 'agent' }
  if (hints.platform !== agent.platform) return { ...hints, source: 'hints' }
  return {
    platform: hints.platform,
    model: agent.model ?? null,
    arch: hints.arch ?? agent.arch,
    version: hints.version ?? agent.version,
    packages: hints.packages ?? agent.packages,
    source: 'hints',
  }
}

const SYSTEMS = { android: 'Android', ios: 'iOS', macos: 'macOS', windows: 'Windows', linux: 'Linux' } as const

/** The device in words: `Windows 11 on 64-bit ARM`, `an iPhone with iOS 17.5`; null when nothing is known of it. */
export function deviceLabel({ platform, model, arch, version }: Omit<Device, 'source' | 'packages'>): string | null {
  if (platform === null) return null
  if (platform === 'ios') {
    const name = model === undefined || model === null ? 'iPhone or iPad' : model === 'iPod' ? 'iPod touch' : model
    const system = model === 'iPad' && Number.parseInt(version ?? '', 10) >= 13 ? 'iPadOS' : 'iOS'
    return `an ${name}${version === null ? '' : ` with ${system} ${version}`}`
  }
  const machine = arch === null ? null : machineText(platform, arch)
  return `${SYSTEMS[platform]}${version === null ? '' : ` ${version}`}${machine === null ? '' : ` on ${machine}`}`
}
