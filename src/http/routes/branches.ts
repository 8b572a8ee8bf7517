import { z } from 'zod'
import { receiveFile } from '../../artifacts/receive-file.ts'
import { pushSlot } from '../../branches/push.ts'
import { removeBranch, removeSlot } from '../../branches/remove.ts'
import { cutText } from '../../bytes/cut-text.ts'
import { DistError } from '../../errors.ts'
import { Branch, BranchDays, PushOutcome, PushSlot, parseSlot, type SlotKey } from '../../model/branch.ts'
import { PageOf } from '../../model/page.ts'
import { listBranches, listSlots } from '../../store/branches.ts'
import type { RequestContext } from '../context.ts'
import { matchesEtag, matchesStrongly } from '../etag.ts'
import { BranchQuery, getBranch } from '../find-branch.ts'
import { listLiveBranches } from '../install/branches-answer.ts'
import { json, noContent } from '../json.ts'
import { decodeCursor, encodeCursor, ListQuery, pageJson, rowsThatFit } from '../lists.ts'
import { presentBranch, presentSlot } from '../present-branch.ts'
import { etagOf } from '../representation.ts'
import { route } from '../route.ts'
import { FILE, isFile, sentFile } from '../sent-file.ts'

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
      const rows = await listLiveBranches(context, decodeCursor(cursor), limit + 1)
      const fitting = rowsThatFit(rows, limit)
      const last = fitting.at(-1)
      const found = await listBranches(
        context.deps.store.reads,
        fitting.map(({ branch }) => branch.id),
      )
      const page = {
        items: found.map((contents) => presentBranch(context, context.app, contents)),
        nextCursor: last !== undefined && rows.length > fitting.length ? encodeCursor(last.branch.name) : null,
      }
      return pageJson(context, page)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/branches/:branch',
    action: 'branch.read',
    object: 'branch',
    summary: 'Read a branch build with its slots',
    query: BranchQuery,
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
]
