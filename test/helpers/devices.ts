import type { Browser } from 'playwright-core'
import { type Visitor, withVisitor } from './browser.ts'

interface Hints {
  readonly platform: string
  readonly platformVersion: string
  readonly architecture: string
  readonly bitness: string
  readonly mobile: boolean
  readonly model: string
}

/** A device as requests and scripts see it. */
export interface TestDevice {
  readonly name: string
  readonly userAgent: string
  /** What it says in client hints; browsers that are not made of Chromium say nothing. */
  readonly hints?: Hints
  /** `navigator.platform` */
  readonly platform: string
  readonly width: number
  readonly height: number
  readonly isTouch: boolean
}

const PHONE = { width: 390, height: 844, isTouch: true } as const
const DESKTOP = { width: 1280, height: 800, isTouch: false } as const

const chrome = (system: string, mobile = '') =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 ${mobile}Safari/537.36`

const IPHONE: TestDevice = {
  ...PHONE,
  name: 'iPhone',
  platform: 'iPhone',
  userAgent:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
}

const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15'

export const DEVICES = {
  android: {
    ...PHONE,
    name: 'Android',
    platform: 'Linux armv81',
    userAgent: chrome('Linux; Android 10; K', 'Mobile '),
    hints: { platform: 'Android', platformVersion: '16.0.0', architecture: '', bitness: '', mobile: true, model: '' },
  },
  iphone: IPHONE,
  /** Asked for the site as a Mac gets it, which is what iPads do unless told otherwise. */
  ipad: {
    ...{ width: 820, height: 1180, isTouch: true },
    name: 'iPad',
    userAgent: SAFARI,
    platform: 'MacIntel',
  },
  mac: { ...DESKTOP, name: 'Mac', userAgent: SAFARI, platform: 'MacIntel' },
  windows: {
    ...DESKTOP,
    name: 'Windows',
    platform: 'Win32',
    userAgent: chrome('Windows NT 10.0; Win64; x64'),
    hints: {
      ...{
        platform: 'Windows',
        platformVersion: '19.0.0',
        architecture: 'x86',
        bitness: '64',
        mobile: false,
        model: '',
      },
    },
  },
  linux: {
    ...DESKTOP,
    name: 'Linux',
    platform: 'Linux x86_64',
    userAgent: 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0',
  },
  unknown: { ...DESKTOP, name: 'unknown device', platform: '', userAgent: 'curl/8.14.1' },
} as const satisfies Readonly<Record<string, TestDevice>>

export type DeviceName = keyof typeof DEVICES

export interface DeviceOptions {
  readonly javaScript?: boolean
  readonly colorScheme?: 'light' | 'dark'
  /** Instead of that of the device. */
  readonly width?: number
}

/** Runs `work` with somebody who comes with a device. */
export function withDevice<T>(
  browser: Browser,
  device: TestDevice,
  work: (visitor: Visitor) => Promise<T>,
  { javaScript = true, colorScheme = 'light', width = device.width }: DeviceOptions = {},
): Promise<T> {
  return withVisitor(
    browser,
    async (visitor) => {
      const line = await visitor.context.newCDPSession(visitor.page)
      // Playwright's own option makes up client hints for every user agent; without any here, none are sent.
      await line.send('Emulation.setUserAgentOverride', {
        userAgent: device.userAgent,
        platform: device.platform,
        ...(device.hints === undefined
          ? {}
          : {
              userAgentMetadata: {
                ...device.hints,
                brands: [
                  { brand: 'Chromium', version: '142' },
                  { brand: 'Not_A Brand', version: '99' },
                ],
              },
            }),
      })
      if (device.isTouch) await line.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 })
      return work(visitor)
    },
    {
      javaScriptEnabled: javaScript,
      colorScheme,
      viewport: { width, height: device.height },
      hasTouch: device.isTouch,
    },
  )
}
