import { z } from 'zod'
import { findSlotFor } from '../../branches/resolve.ts'
import { cutText } from '../../bytes/cut-text.ts'
import { DistError } from '../../errors.ts'
import { ArchInput, archFrom, PlatformInput, platformFrom } from '../../model/platform.ts'
import { listSlots, type SlotRecord } from '../../store/branches.ts'
import { blobResponse } from '../blob-response.ts'
import { cacheOfApp } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { BranchQuery, getBranch } from '../find-branch.ts'
import { branchAnswer } from '../install/branch-answer.ts'
import { branchesAnswer } from '../install/branches-answer.ts'
import { InstallQuery } from '../install/query.ts'
import { ListQuery } from '../lists.ts'
import { PAGE } from '../page-response.ts'
import { presentSlot } from '../present-branch.ts'
import { route } from '../route.ts'
import { BYTES, checkBytes } from '../serve-artifact.ts'

const SelectorQuery = BranchQuery.extend({ platform: PlatformInput.optional(), arch: ArchInput.optional() })
const PageQuery = BranchQuery.extend(InstallQuery.shape)
const ListPageQuery = PageQuery.extend({
  branch: z.string().max(200).optional(),
  cursor: ListQuery.shape.cursor,
})

/** As the wire of other bytes; by date as well, for `curl -z`. */
const SLOT_BYTES = {
  ...BYTES,
  reads: [...BYTES.reads, 'If-Modified-Since'],
  sends: [...BYTES.sends, 'Last-Modified'],
} as const

function serveSlot(context: RequestContext, slot: SlotRecord): Promise<Response> {
  checkBytes(context, slot)
  return blobResponse(context.deps, context.request, slot, {
    cache: slot.format === 'ipa' ? 'private' : cacheOfApp(context.app),
    modifiedAt: slot.modifiedAt,
  })
}

/** Pages of branch builds and the bytes in their slots. */
export const branchPageRoutes = [
  route({
    method: 'GET',
    path: '/:app/branches',
    action: 'branch.read',
    object: 'app',
    summary: 'Branch builds of an app; with ?branch= the one of that name',
    query: ListPageQuery,
    ...PAGE,
    async handle(context) {
      const { branch, cursor } = context.query
      return branch === undefined ? branchesAnswer(context, cursor) : branchAnswer(context, branch)
    },
  }),
  route({
    method: 'GET',
    path: '/:app/branches/:branch',
    action: 'branch.read',
    object: 'branch',
    summary: 'What a branch build holds now',
    query: PageQuery,
    ...PAGE,
    async handle(context) {
      return branchAnswer(context, context.params.branch!)
    },
  }),
  route({
    method: 'GET',
    path: '/:app/branches/:branch/download',
    action: 'branch.read',
    object: 'branch',
    summary: 'The file of a branch build for a platform and arch, or the one for any',
    query: SelectorQuery,
    ...SLOT_BYTES,
    async handle(context) {
      const { platform = 'any', arch = 'any' } = context.query
      const key = { platform: platformFrom(platform)!, arch: archFrom(arch)! }
      const branch = getBranch(context, context.params.branch!)
      const slot = findSlotFor(context.deps.store, branch.id, key)
      if (slot === undefined) {
        throw new DistError(
          'artifact.not_found',
          `Branch build "${branch.name}" has no file for platform "${key.platform}" and arch "${key.arch}"`,
        )
      }
      return serveSlot(context, slot)
    },
  }),
  route({
    method: 'GET',
    path: '/:app/branches/:branch/:file',
    action: 'branch.read',
    object: 'branch',
    summary: 'A file of a branch build by name; 300 lists several of that name',
    query: BranchQuery,
    ...SLOT_BYTES,
    answers: { ...SLOT_BYTES.answers, 300: 'Several slots hold files of this name; `details.files` lists them' },
    async handle(context) {
      const { app, deps, params } = context
      const branch = getBranch(context, params.branch!)
      const slots = await listSlots(deps.store.reads, branch.id)
      const found = slots.filter(({ fileName }) => fileName === params.file)
      const [first] = found
      if (first === undefined) {
        const shown = JSON.stringify(cutText(params.file!, 200))
        throw new DistError('artifact.not_found', `Branch build "${branch.name}" has no file ${shown}`)
      }
      if (found.some(({ digest }) => digest !== first.digest)) {
        throw new DistError(
          'artifact.ambiguous',
          `Branch build "${branch.name}" has ${found.length} files that match`,
          {
            details: { files: found.map((slot) => presentSlot(context, app, branch, slot)) },
          },
        )
      }
      return serveSlot(context, first)
    },
  }),
]
