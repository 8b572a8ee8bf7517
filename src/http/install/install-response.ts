import { DEVICE_FIELDS } from '../../install/device.ts'
import type { InstallPage } from '../../model/install-page.ts'
import type { CachePolicy } from '../cache-control.ts'
import { pageResponse } from '../page-response.ts'
import type { InstallContext } from './scene.ts'

/** A page with something to install, or the same facts as JSON; the page is another one for another device. */
export function installResponse(
  context: InstallContext,
  data: unknown,
  page: InstallPage,
  cache: CachePolicy,
  extra: Readonly<Record<string, string>> = {},
): Response {
  // A question about a phone is kept nowhere.
  const isAboutPhone = context.query.udid !== undefined
  const response = pageResponse(context, data, { view: 'install', page }, isAboutPhone ? 'private' : cache, extra)
  response.headers.append('Vary', DEVICE_FIELDS.join(', '))
  response.headers.set('Accept-CH', DEVICE_FIELDS.slice(1).join(', '))
  return response
}
