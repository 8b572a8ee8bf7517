import { cacheOfApp } from '../cache-control.ts'
import { getBranch } from '../find-branch.ts'
import { getChannelRelease, getPreview, getReleaseByRef, getReleaseOfSet } from '../find-release.ts'
import { qrResponse } from '../install/page-qr.ts'
import { previewPath, releasePath } from '../present.ts'
import { branchPath } from '../present-branch.ts'
import { route } from '../route.ts'
import { cachePolicyOf } from '../serve-artifact.ts'
import { REVALIDATED } from '../text-response.ts'

const QR = { ...REVALIDATED, sends: ['ETag'], types: ['image/svg+xml'] } as const

export const qrRoutes = [
  route({
    method: 'GET',
    path: '/:app/qr.svg',
    action: 'app.read',
    object: 'app',
    summary: 'QR code of the page of an app',
    ...QR,
    async handle(context) {
      return qrResponse(context, `/${context.app.slug}`, cacheOfApp(context.app))
    },
  }),
  route({
    method: 'GET',
    path: '/:app/:channel/qr.svg',
    action: 'release.read',
    object: 'channel',
    summary: 'QR code of the install page of a channel',
    ...QR,
    async handle(context) {
      const { app, params } = context
      getChannelRelease(context, params.channel!)
      return qrResponse(context, `/${app.slug}/${params.channel}`, cacheOfApp(app))
    },
  }),
  route({
    method: 'GET',
    path: '/:app/releases/:ref/qr.svg',
    action: 'release.read',
    object: 'app',
    summary: 'QR code of the page of a release',
    ...QR,
    async handle(context) {
      const release = getReleaseByRef(context, context.params.ref!)
      const folder = releasePath(context.app.slug, release)
      return qrResponse(context, folder, cachePolicyOf(context, release, 'revalidate'))
    },
  }),
  route({
    method: 'GET',
    path: '/:app/branches/:branch/qr.svg',
    action: 'branch.read',
    object: 'branch',
    summary: 'QR code of the page of a branch build',
    ...QR,
    async handle(context) {
      const branch = getBranch(context, context.params.branch!)
      return qrResponse(context, branchPath(context.app.slug, branch), cacheOfApp(context.app))
    },
  }),
  route({
    method: 'GET',
    path: '/preview/:preview/qr.svg',
    action: 'release.read',
    object: 'preview',
    summary: 'QR code of a preview',
    ...QR,
    async handle(context) {
      const { preview } = getPreview(context)
      return qrResponse(context, previewPath(preview), 'private')
    },
  }),
  route({
    method: 'GET',
    path: '/sets/:set/qr.svg',
    action: 'release.read',
    object: 'set',
    summary: 'QR code of a release by its set URL',
    ...QR,
    async handle(context) {
      const release = getReleaseOfSet(context)
      return qrResponse(context, `/sets/${release.setId}`, cachePolicyOf(context, release, 'revalidate'))
    },
  }),
]
