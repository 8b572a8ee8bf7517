import { useEffect } from 'preact/hooks'

export interface PlatformSwitchProps {
  /** What the server takes the device for. */
  readonly platform: 'macos' | 'windows' | 'linux'
  readonly arch: string | null
  readonly mayBeTablet: boolean
  /** Whether the page is another one for another processor, and the server was not told of it by a hint. */
  readonly asksArch: boolean
}

/** What browsers of Chromium know of their device; elsewhere, and over plain http, there is none. */
interface AgentData {
  getHighEntropyValues(names: readonly string[]): Promise<{ architecture?: string; bitness?: string }>
}

/** Asks for the page again, once, as what the device turns out to be. Shows nothing. */
export function PlatformSwitch({ platform, arch, mayBeTablet, asksArch }: PlatformSwitchProps) {
  useEffect(() => {
    const other = mayBeTablet ? tabletOf(platform) : null
    if (other !== null) return open({ platform: other })
    if (asksArch) void archOf().then((found) => found !== null && found !== arch && open({ platform, arch: found }))
  }, [])
  return null
}

/**
 * A tablet that asks for the page of a computer. No Mac has had a touch screen yet; a Linux that has nothing but one is an
 * Android, but for phones whose owners know.
 */
function tabletOf(platform: PlatformSwitchProps['platform']): 'ios' | 'android' | null {
  if (navigator.maxTouchPoints < 2) return null
  if (platform === 'macos') return 'ios'
  return platform === 'linux' && !matchMedia('(any-pointer: fine)').matches ? 'android' : null
}

async function archOf(): Promise<string | null> {
  const data = (navigator as Navigator & { userAgentData?: AgentData }).userAgentData
  try {
    const { architecture, bitness } = (await data?.getHighEntropyValues(['architecture', 'bitness'])) ?? {}
    const is64 = bitness === '64'
    if (architecture === 'arm') return is64 ? 'arm64' : 'arm'
    return architecture === 'x86' ? (is64 ? 'x64' : 'x86') : null
  } catch {
    // The browser was told not to tell.
    return null
  }
}

/** In place of this page: going back leads to where the visitor came from. The page that comes has no switch. */
function open(asked: Readonly<Record<string, string>>): void {
  const url = new URL(location.href)
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  location.replace(url)
}
