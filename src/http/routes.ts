import type { ChainBreak } from '../audit/chain.ts'
import type { Asset } from '../model/asset.ts'
import type { Route } from './route.ts'
import { accountRoutes } from './routes/account.ts'
import { announcementRoutes } from './routes/announcements.ts'
import { appRoutes } from './routes/apps.ts'
import { assetRoute } from './routes/assets.ts'
import { auditRoutes } from './routes/audit.ts'
import { branchPageRoutes } from './routes/branch-pages.ts'
import { branchRoutes } from './routes/branches.ts'
import { changesRoutes } from './routes/changes.ts'
import { channelRoutes } from './routes/channels.ts'
import { docsRoutes } from './routes/docs.ts'
import { downloadRoutes } from './routes/downloads.ts'
import { iconRoutes } from './routes/icons.ts'
import { installerRoutes } from './routes/installers.ts'
import { otaRoutes } from './routes/ota.ts'
import { pageRoutes } from './routes/pages.ts'
import { previewRoutes } from './routes/previews.ts'
import { qrRoutes } from './routes/qr.ts'
import { releaseContentRoutes } from './routes/release-contents.ts'
import { releaseRoutes } from './routes/releases.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { setupRoutes } from './routes/setup.ts'
import { shareLinkRoutes } from './routes/share-links.ts'
import { shareRoutes } from './routes/shares.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { systemRoutes } from './routes/system.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { uploadRoutes } from './routes/uploads.ts'
import { userRoutes } from './routes/users.ts'

/**
 * Every route of the server, in the order in which they match: what has fixed words goes before what has
 * parameters in their place.
 */
export function allRoutes(options: {
  readonly version: string
  readonly assets: readonly Asset[]
  readonly auditBreak?: ChainBreak | undefined
}): readonly Route[] {
  const table: Route[] = [
    ...systemRoutes(options.version, options.auditBreak),
    assetRoute(options.assets),
    ...docsRoutes(options.version, () => table),
    ...tokenRoutes,
    ...appRoutes,
    ...releaseRoutes,
    ...releaseContentRoutes,
    ...changesRoutes,
    ...uploadRoutes,
    ...channelRoutes,
    ...announcementRoutes,
    ...previewRoutes,
    ...branchRoutes,
    ...branchPageRoutes,
    ...userRoutes,
    ...sessionRoutes,
    ...shareRoutes,
    ...auditRoutes,
    ...signInRoutes,
    ...setupRoutes,
    ...accountRoutes,
    ...shareLinkRoutes,
    ...pageRoutes,
    ...iconRoutes,
    ...qrRoutes,
    ...downloadRoutes,
    ...otaRoutes,
    ...installerRoutes,
  ]
  // `/:app/:channel` would catch `/sets/:set/:file` and the fixed words below an app.
  return table.sort((a, b) => specificity(b.path) - specificity(a.path))
}

/** One digit per segment: a fixed word weighs more than a parameter, an earlier segment more than a later one. */
function specificity(path: string): number {
  const segments = path.split('/').slice(1)
  return segments.reduce((sum, segment, i) => sum + (segment.startsWith(':') ? 1 : 2) * 3 ** (9 - i), 0)
}
