import { DEVICE_FIELDS, DEVICE_HINTS } from '../../install/device/device.ts'
import type { InstallPage } from '../../model/install-page.ts'
import type { CachePolicy } from '../cache-control.ts'
import { pageResponse } from '../page-response.ts'
import type { InstallContext } from './scene.ts'

/** Hints that decide what is offered: a browser that keeps them back asks for the page again with them, before it shows it. */
const CRITICAL_HINTS = ['Sec-CH-UA-Arch', 'Sec-CH-UA-Bitness'] as const

/** A page with something to install, or the same facts as JSON; the page is another one for another device. */
export async function installResponse(
  context: InstallContext,
  data: unknown,
  page: InstallPage,
  cache: CachePolicy,
  extra: Readonly<Record<string, string>> = {},
): Promise<Response> {
  // A question about a phone is kept nowhere.
  const isAboutPhone = context.query.udid !== undefined
  const view = { view: 'install', page } as const
  const response = await pageResponse(context, data, view, isAboutPhone ? 'private' : cache, extra)
  const { headers } = response
  headers.set('Vary', [headers.get('Vary'), ...DEVICE_FIELDS].filter((field) => field !== null).join(', '))
  headers.set('Accept-CH', DEVICE_HINTS.join(', '))
  headers.set('Critical-CH', CRITICAL_HINTS.join(', '))
  return response
}
