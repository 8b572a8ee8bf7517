import type { Device, DevicePlatform } from '../../model/install-page.ts'

/** What an agent says of the device that it runs on. */
export type Told = Omit<Device, 'source'>

export const NOTHING_TOLD: Told = { platform: null, model: null, arch: null, version: null, packages: null }

/** What is said of a device stands in front; whoever sends more is read no further. */
const MAX_LENGTH = 1024

/**
 * Programs on which nobody installs anything, and devices that name a platform whose files they do not take: consoles, televisions,
 * HarmonyOS since 5 (OpenHarmony), Windows Phone, which says Android and iPhone too.
 */
const NOBODY =
  /(?<!cu)bot\b|crawler|spider|facebookexternalhit|\(\+https?:|; ?\+https?:|Windows Phone|Windows CE|Xbox|PlayStation|Nintendo|Tizen|Web0S|webOS|SMART-TV|SmartTV|HbbTV|Roku|KAIOS|OpenHarmony|BlackBerry|BB10|Symbian|J2ME|CrKey|GoogleTV|Kindle\/|hpwOS|ZuneWP7/i

/** Told by a user agent; nothing of what it does not tell, or says of every device. Reads it once, whatever it is. */
export function toldByAgent(text: string): Told {
  const agent = text.slice(0, MAX_LENGTH)
  if (NOBODY.test(agent)) return NOTHING_TOLD
  const found = PLATFORMS.find(([pattern]) => pattern.test(agent))
  return found === undefined ? NOTHING_TOLD : { ...NOTHING_TOLD, platform: found[1], ...found[2](agent) }
}

type Read = (agent: string) => Partial<Told>

/** In this order: Android says Linux, and what asks for the page of a computer says Macintosh or Linux and names itself. */
const PLATFORMS: readonly (readonly [RegExp, DevicePlatform, Read])[] = [
  [/\biP(?:hone|ad|od)|\b(?:CriOS|FxiOS|EdgiOS|OPiOS)\//, 'ios', ios],
  // Ubuntu Touch says `like Android 9`. Silk is on Fire tablets, and the Quest runs an Android.
  [/(?<!like )\bAndroid(?![A-Za-z_])|\bAdr \d|\bSilk\/|\bOculusBrowser\//, 'android', android],
  [/\bWindows NT\b/, 'windows', windows],
  // `Darwin` alone is an app of a Mac or a phone.
  [/\bMacintosh\b/, 'macos', () => ({})],
  // The Linux that ChromeOS runs beside itself is a Debian, and takes a .deb by a click:
  // https://support.google.com/chromebook/answer/9145439. Its Android takes no APK of a user who is no developer.
  [/\bCrOS\b/, 'linux', (agent) => ({ packages: 'deb', arch: isReduced(agent) ? null : unixArch(agent) })],
  [/\bLinux\b|\blinux-gnu\b|\bDebian APT/, 'linux', linux],
]

/**
 * Chrome since 107 and what is made of it say the same processor and the same version of the system on every device:
 * https://www.chromium.org/updates/ua-reduction/
 */
function isReduced(agent: string): boolean {
  return /Chrome\/\d{3,}\.0\.0\.0\b/.test(agent)
}

function android(agent: string): Partial<Told> {
  const said = /\bAndroid ?(\d{1,2}(?:\.\d{1,2}){0,2})\b/.exec(agent)?.[1]
  // Chrome says `Android 10; K` wherever it runs; Firefox says 10 for all that is older (bugzilla 1865766).
  const isFrozen = /\bAndroid 10; K\b|\bAndroid 10; (?:Mobile|Tablet); rv:/.test(agent)
  return {
    version: said === undefined || isFrozen ? null : plain(said),
    // Yandex and WeChat alone say it.
    arch: /\barm_64\b|\bABI\/arm64\b/.test(agent) ? 'arm64' : null,
  }
}

function ios(agent: string): Partial<Told> {
  const model = (/\biP(?:hone|ad|od)/.exec(agent)?.[0] ?? null) as 'iPhone' | 'iPad' | 'iPod' | null
  return { model, version: model === null ? null : iosVersion(agent) }
}

/**
 * Safari of iOS 26 and later says that the system is 18.6 or 18.7, and the truth as its own version; Firefox says 18.7 on every
 * iOS, and web views say no version of their own: https://webkit.org/blog/17333/webkit-features-in-safari-26-0/,
 * https://github.com/whatwg/compat/issues/283, https://github.com/mozilla-mobile/firefox-ios/pull/29548.
 */
function iosVersion(agent: string): string | null {
  // Apps of Facebook say it in words of their own.
  const own = /\bFBSV\/(\d{1,2}(?:\.\d{1,2}){0,2})\b/.exec(agent)?.[1]
  if (own !== undefined) return plain(own)
  const safari = /\bVersion\/(\d{1,2}(?:\.\d{1,2})?)/.exec(agent)?.[1]
  if (safari !== undefined && Number.parseInt(safari, 10) >= 26) return plain(safari)
  const said = /\bOS (\d{1,2}(?:_\d{1,2}){1,2}) like Mac/.exec(agent)?.[1]
  if (said === undefined) return null
  return safari === undefined && /^18_[67]/.test(said) ? null : plain(said.replaceAll('_', '.'))
}

const WINDOWS_VERSIONS: Readonly<Record<string, string>> = { '6.1': '7', '6.2': '8', '6.3': '8.1' }

function windows(agent: string): Partial<Told> {
  const version = WINDOWS_VERSIONS[/\bWindows NT (\d{1,2}\.\d)/.exec(agent)?.[1] ?? ''] ?? null
  // PowerShell 7 alone says the build. 10 and 11 are both NT 10.0; the builds of 11 begin with this one.
  const build = /\bMicrosoft Windows 10\.0\.(\d{5})\b/.exec(agent)?.[1]
  return { version: build === undefined ? version : Number(build) >= 22_000 ? '11' : '10', arch: windowsArch(agent) }
}

/** Browsers on ARM say `Win64; x64` too, but for their hints: what is for x64 runs there as well. */
function windowsArch(agent: string): Device['arch'] {
  if (/\bARM64\b/.test(agent)) return 'arm64'
  if (/\bWin64\b|\bWOW64\b/.test(agent)) return 'x64'
  if (/\bARM\b/.test(agent)) return 'arm'
  // Browsers name 64 bits where there are some.
  return /\b(?:Firefox|Chrome|Trident|MSIE)\b/.test(agent) ? 'x86' : null
}

function linux(agent: string): Partial<Told> {
  return {
    arch: isReduced(agent) && /\bX11; Linux x86_64\b/.test(agent) ? null : unixArch(agent),
    packages: /\b(?:Ubuntu|Debian|Linux Mint|Raspbian)\b/.test(agent)
      ? 'deb'
      : /\b(?:Fedora|Red Hat|CentOS|SUSE|Mageia)\b/.test(agent)
        ? 'rpm'
        : null,
  }
}

function unixArch(agent: string): Device['arch'] {
  if (/\bx86_64\b|\bamd64\b/.test(agent)) return 'x64'
  if (/\baarch64\b|\barm64\b/.test(agent)) return 'arm64'
  if (/\barmv[5-8]\w{0,2}\b/.test(agent)) return 'arm'
  if (/\bi[3-6]86\b/.test(agent)) return 'x86'
  return /\briscv64\b/.test(agent) ? 'riscv64' : null
}

/** `14.0.0` is `14`. */
export function plain(version: string): string {
  return version.replace(/(?:\.0){1,3}$/, '')
}
