import { shareGrant } from '../../access/shares.ts'
import { findOpenShare, noteOpened } from '../../shares/open.ts'
import { setCookie, shareCookieName } from '../cookies.ts'
import { releasePath } from '../present.ts'
import { route } from '../route.ts'

export const shareLinkRoutes = [
  route({
    method: 'GET',
    path: '/s/:grant',
    action: 'server.public',
    object: 'server',
    summary: 'Open a share link: a cookie for its app, and on to its channel or release',
    status: 303,
    sends: ['Location'],
    async handle({ deps, params, request, requestId, baseUrl }) {
      const share = findOpenShare(deps, params.grant!)
      // Programs that preview links ask like this, or with GET: neither takes anything from the link.
      if (request.method === 'GET') await noteOpened(deps, share, requestId)
      const { id, app, channel, release, expiresAt } = share
      const isSecure = baseUrl.startsWith('https:')
      const cookie = setCookie({
        name: shareCookieName(id, isSecure),
        value: shareGrant(deps, id),
        path: `/${app}`,
        // Links are opened from mails and chats, and the redirect then comes from there.
        sameSite: 'Lax',
        isSecure,
        maxAge: Math.ceil((Date.parse(expiresAt) - deps.clock.now()) / 1000),
      })
      return new Response(null, {
        status: 303,
        headers: {
          Location: baseUrl + (channel === null ? releasePath(app, { ref: release! }) : `/${app}/${channel}`),
          'Set-Cookie': cookie,
          'Content-Length': '0',
          'Cache-Control': 'no-store',
          'Referrer-Policy': 'no-referrer',
          'X-Robots-Tag': 'noindex',
        },
      })
    },
  }),
]
