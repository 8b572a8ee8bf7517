import { caveatsOf } from '../../install/caveats.ts'
import { deviceLabel } from '../../install/device/device.ts'
import { iconUrlOf, ownIconUrlOf, pageIcon } from '../../install/icon.ts'
import { nothingForDevice } from '../../install/nothing.ts'
import { offerGroups } from '../../install/offer.ts'
import type { OfferedFile, OfferedLink, OfferScene } from '../../install/offered.ts'
import type { InstallPage } from '../../model/install-page.ts'
import { fileItem } from '../file-item.ts'
import { seesApp } from '../visible.ts'
import { qrOf } from './page-qr.ts'
import type { InstallContext } from './scene.ts'

/** What is on an address, and all that is said of it beside what follows from its files. */
export interface PageContents
  extends Pick<
    InstallPage,
    'place' | 'release' | 'notices' | 'notes' | 'facts' | 'sections' | 'installers' | 'checksumsUrl' | 'feed'
  > {
  /** Path of the page, below which its picture and its QR code are. */
  readonly folder: string
  readonly files: readonly OfferedFile[]
  readonly links: readonly OfferedLink[]
  readonly scene: OfferScene
}

/** The page of whatever offers files and links, for the device of a scene. */
export function installPageOf(
  context: InstallContext,
  { folder, files, links, scene, ...said }: PageContents,
): InstallPage {
  const { app } = context
  const { device } = scene
  const icon = pageIcon(files)
  const byName = new Map(files.map((file) => [file.fileName, file]))
  const groups = offerGroups(files, links, scene).map((group) => ({
    ...group,
    offers: group.offers.map((offer) => {
      const file = offer.fileName === null ? undefined : byName.get(offer.fileName)
      const iconUrl = file && ownIconUrlOf(folder, icon, file)
      return iconUrl ? { ...offer, iconUrl } : offer
    }),
  }))
  return {
    ...said,
    app: {
      name: app.name,
      slug: app.slug,
      summary: app.summary,
      url: seesApp(context) ? `/${app.slug}` : null,
      iconUrl: iconUrlOf(folder, files),
    },
    device: { ...device, label: deviceLabel(device), caveats: caveatsOf(device, groups) },
    groups,
    nothingForDevice: nothingForDevice(groups, device),
    attachments: files.filter(({ kind = 'app' }) => kind !== 'app').map((file) => fileItem(file, file.url)),
    qr: qrOf(context, folder),
  }
}
