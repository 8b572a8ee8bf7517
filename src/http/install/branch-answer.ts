import type { OfferedFile } from '../../install/offered.ts'
import { type BranchContents, listSlots, type SlotRecord } from '../../store/branches.ts'
import { bytesPrefix } from '../base-url.ts'
import { cacheOfApp } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { getBranch } from '../find-branch.ts'
import { seesNames } from '../present.ts'
import { branchPath, presentBranch, slotPath } from '../present-branch.ts'
import { timeText } from '../time-text.ts'
import { installPageOf } from './install-page.ts'
import { installResponse } from './install-response.ts'
import { type InstallContext, sceneOf } from './scene.ts'

function slotFile(context: RequestContext, { branch }: BranchContents, slot: SlotRecord): OfferedFile {
  const { app, actor } = context
  const by = seesNames(actor, app) ? [{ name: 'By', value: slot.uploadedBy }] : []
  return {
    ...slot,
    url: bytesPrefix(context) + slotPath(app.slug, branch, slot),
    facts: [{ name: 'Uploaded', value: timeText(slot.uploadedAt) }, ...by],
  }
}

/** The page of one branch build: who asks for JSON gets what the API says. */
export async function branchAnswer(context: InstallContext, name: string): Promise<Response> {
  const { app, deps } = context
  const branch = getBranch(context, name)
  const contents = { branch, slots: await listSlots(deps.store.reads, branch.id) }
  const page = installPageOf(context, {
    place: {
      kind: 'branch',
      name: branch.name,
      dates: [
        `Updated ${timeText(branch.updatedAt)}`,
        ...(branch.expiresAt === null ? [] : [`Expires ${timeText(branch.expiresAt)}`]),
      ],
    },
    folder: branchPath(app.slug, branch),
    files: contents.slots.map((slot) => slotFile(context, contents, slot)),
    links: [],
    scene: sceneOf(context, { release: null, scripts: null, continuity: new Map() }),
    release: null,
    notices: [
      { level: 'info', title: 'This is a build, not a release', text: 'Its files are replaced without notice.' },
    ],
    installers: [],
    notes: null,
    facts: [
      { name: 'Kind', value: branch.kind },
      ...(branch.category === null ? [] : [{ name: 'Category', value: branch.category }]),
    ],
    sections: [],
    checksumsUrl: null,
    feed: null,
  })
  return installResponse(context, presentBranch(context, app, contents), page, cacheOfApp(app))
}
