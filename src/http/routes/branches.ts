import { z } from 'zod'
import { receiveFile } from '../../artifacts/receive-file.ts'
import { pushSlot } from '../../branches/push.ts'
import { removeBranch, removeSlot } from '../../branches/remove.ts'
import { findSlotFor } from '../../branches/resolve.ts'
import { cutText } from '../../bytes/cut-text.ts'
import { DistError } from '../../errors.ts'
import { Branch, BranchDays, PushOutcome, PushSlot, parseSlot, type SlotKey } from '../../model/branch.ts'
import { PageOf } from '../../model/page.ts'
import { ArchInput, archFrom, PlatformInput, platformFrom } from '../../model/platform.ts'
import { listSlots, type SlotRecord } from '../../store/branches.ts'
import { blobResponse } from '../blob-response.ts'
import { branchAnswer, branchesAnswer, listLiveBranches } from '../branch-page.ts'
import { cacheOfApp } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { matchesEtag, matchesStrongly } from '../etag.ts'
import { getBranch } from '../find-branch.ts'
import { json, noContent } from '../json.ts'
import { decodeCursor, ListQuery, pageJson, pageOf } from '../lists.ts'
import { PAGE } from '../page-response.ts'
import { presentBranch, presentSlot } from '../present-branch.ts'
import { etagOf } from '../representation.ts'
import { route } from '../route.ts'
import { FILE, isFile, sentFile } from '../sent-file.ts'
import { BYTES, checkBytes } from '../serve-artifact.ts'

/** Whoever asks for a version thinks of releases: which build they would get is not what they asked for. */
const NO_VERSION = z.never('a branch build has no versions to choose from: its name is all there is').optional()

const ReadQuery = z.object({ version: NO_VERSION })
const SelectorQuery = ReadQuery.extend({ platform: PlatformInput.optional(), arch: ArchInput.optional() })
const ListPageQuery = ReadQuery.extend({ branch: z.string().max(200).optional() })

/** As the wire of other bytes; by date as well, for `curl -z`. */
const SLOT_BYTES = {
  ...BYTES,
  reads: [...BYTES.reads, 'If-Modified-Since'],
  sends: [...BYTES.sends, 'Last-Modified'],
} as const

/** What a request that is a file says in its query, since its body is the file. */
const PushQuery = PushSlot.omit({ uploadId: true, expiresInDays: true }).extend({
  expiresInDays: z.union([z.literal('never').transform(() => null), z.coerce.number().pipe(BranchDays)]).optional(),
})

/** Takes the file of a request, as an upload that is done when it is pushed. */
async function inputOfFile(context: RequestContext<unknown, z.output<typeof PushQuery>>): Promise<PushSlot> {
  const { deps, actor, query, request, cause } = context
  if (query.fileName === undefined) throw new DistError('request.invalid', 'query.fileName: is needed with a file')
  // The server's idle limit is for strangers; a slow honest upload has its own rule, see artifacts/pace.ts.
  context.peer.keepOpen()
  const upload = await receiveFile(deps, actor, sentFile(request, query.fileName), cause)
  return { ...query, uploadId: upload.id }
}

/** @throws DistError branch.slot */
function slotOf(text: string): SlotKey {
  const key = parseSlot(text)
  if (key === undefined)
    throw new DistError('branch.slot', `Cannot use slot ${JSON.stringify(cutText(text, 100))}: it is not platform-arch`)
  return key
}

/** What a push demands of the slot, by the ETag of its bytes. */
function isExpectedBy({ headers }: Request): (digest: string | undefined) => boolean {
  const ifMatch = headers.get('if-match')
  const ifNoneMatch = headers.get('if-none-match')
  return (digest) => {
    if (ifMatch !== null && (digest === undefined || !matchesStrongly(ifMatch, etagOf(digest)))) return false
    return ifNoneMatch === null || digest === undefined || !matchesEtag(ifNoneMatch, etagOf(digest))
  }
}

function serveSlot(context: RequestContext, slot: SlotRecord): Promise<Response> {
  checkBytes(context, slot)
  return blobResponse(context.deps, context.request, slot, {
    cache: slot.format === 'ipa' ? 'private' : cacheOfApp(context.app),
    modifiedAt: slot.modifiedAt,
  })
}

export const branchRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/branches',
    action: 'branch.read',
    object: 'app',
    summary: 'List branch builds in order of name',
    query: ListQuery,
    response: PageOf(Branch),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor } = context.query
      const found = await listLiveBranches(context, decodeCursor(cursor), limit + 1)
      const page = pageOf(
        found,
        limit,
        ({ branch }) => branch.name,
        (contents) => presentBranch(context, context.app, contents),
      )
      return pageJson(context, page)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/branches/:branch',
    action: 'branch.read',
    object: 'branch',
    summary: 'Read a branch build with its slots',
    query: ReadQuery,
    response: Branch,
    async handle(context) {
      const branch = getBranch(context, context.params.branch!)
      const slots = await listSlots(context.deps.store.reads, branch.id)
      return json(presentBranch(context, context.app, { branch, slots }))
    },
  }),
  route({
    method: 'PUT',
    path: '/api/v1/apps/:app/branches/:branch/slots/:slot',
    action: 'branch.push',
    object: 'branch',
    summary: 'Put a finished upload, or the bytes of this request, into a slot; what was there is replaced as a whole',
    body: PushSlot,
    bodyTypes: [FILE],
    query: PushQuery,
    response: PushOutcome,
    reads: ['If-Match', 'If-None-Match', 'Repr-Digest'],
    sends: ['ETag', 'Location'],
    answers: { 201: 'The slot was empty' },
    async handle(context) {
      const { deps, actor, app, params, body, cause, request } = context
      const target = { ...slotOf(params.slot!), name: params.branch!, isExpected: isExpectedBy(request) }
      const input = isFile(request) ? await inputOfFile(context) : { ...context.query, ...body }
      const { contents, slot, previous } = await pushSlot(deps, actor, app, target, input, cause)
      const shown = presentSlot(context, app, contents.branch, slot)
      const outcome: PushOutcome = {
        branch: presentBranch(context, app, contents),
        slot: shown,
        replaced: previous !== null && previous !== slot.digest,
        previous,
      }
      return json(outcome, previous === null ? 201 : 200, { ETag: etagOf(slot.digest), Location: shown.url })
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/apps/:app/branches/:branch/slots/:slot',
    action: 'branch.delete',
    object: 'branch',
    summary: 'Remove one file of a branch build; with the last one the branch build goes',
    response: z.undefined(),
    status: 204,
    async handle({ deps, actor, app, params, cause }) {
      await removeSlot(deps, actor, app.id, params.branch!, slotOf(params.slot!), cause)
      return noContent()
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/apps/:app/branches/:branch',
    action: 'branch.delete',
    object: 'branch',
    summary: 'Remove a branch build with all its files',
    response: z.undefined(),
    status: 204,
    async handle({ deps, actor, app, params, cause }) {
      await removeBranch(deps, actor, app.id, params.branch!, cause)
      return noContent()
    },
  }),
  route({
    method: 'GET',
    path: '/:app/branches',
    action: 'branch.read',
    object: 'app',
    summary: 'Branch builds of an app; with ?branch= the one of that name',
    query: ListPageQuery,
    ...PAGE,
    async handle(context) {
      const { branch } = context.query
      return branch === undefined ? branchesAnswer(context) : branchAnswer(context, branch)
    },
  }),
  route({
    method: 'GET',
    path: '/:app/branches/:branch',
    action: 'branch.read',
    object: 'branch',
    summary: 'What a branch build holds now',
    query: ReadQuery,
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
    query: ReadQuery,
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
