import { z } from 'zod'
import type { Actor } from '../../access/actor.ts'
import { createToken, mayManage, revokeToken } from '../../access/tokens.ts'
import { closeUploadsOf, dropStaged } from '../../artifacts/upload-session.ts'
import { DistError } from '../../errors.ts'
import { PageOf } from '../../model/page.ts'
import { CreatedToken, CreateToken, Token, WhoAmI } from '../../model/token.ts'
import { getToken, listTokens } from '../../store/tokens.ts'
import type { RequestContext } from '../context.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { json, noContent } from '../json.ts'
import { decodeCursor, ListQuery, pageJson, pageOf } from '../lists.ts'
import { route } from '../route.ts'

/** Ends a token together with the uploads it has under way. */
async function endToken(context: RequestContext, id: string): Promise<Response> {
  let staged: string[] = []
  await revokeToken(context.deps, context.actor, id, context.cause, async (tx) => {
    staged = await closeUploadsOf(tx, id)
    return staged
  })
  await dropStaged(context.deps, staged)
  return noContent()
}

/** Share links beside a request are nobody, and told to nobody. */
function whoIs(actor: Actor): WhoAmI {
  if (actor.kind === 'token') return { kind: 'token', token: actor.token, user: null }
  if (actor.kind !== 'user') return { kind: 'anonymous', token: null, user: null }
  const { id, name, role, apps } = actor.session.user
  return { kind: 'user', token: null, user: { id, name, role, apps } }
}

export const tokenRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/whoami',
    action: 'server.public',
    object: 'server',
    summary: 'Who the credential is',
    response: WhoAmI,
    async handle({ actor }) {
      return json(whoIs(actor))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/tokens',
    action: 'token.manage',
    object: 'server',
    summary: 'List tokens; secrets are never shown again',
    query: ListQuery,
    response: PageOf(Token),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor } = context.query
      const rows = await listTokens(context.deps.store.reads, decodeCursor(cursor), limit + 1)
      const page = pageOf(
        rows,
        limit,
        (token) => token.id,
        (token) => token,
      )
      page.items = page.items.filter((token) => mayManage(context.actor, token))
      return pageJson(context, page)
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/tokens',
    action: 'token.manage',
    stepUp: true,
    object: 'server',
    summary: 'Create a token within the rights of this one; the secret is in this answer only',
    body: CreateToken,
    response: CreatedToken,
    status: 201,
    reads: ['Idempotency-Key'],
    async handle(context) {
      const key = idempotencyKeyOf(context.request)
      return json(await createToken(context.deps, context.actor, context.body, key, context.cause), 201)
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/tokens/revoke-self',
    action: 'token.revoke_self',
    object: 'server',
    summary: 'End the token that makes this request: for whoever finds one',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      if (context.actor.kind !== 'token') throw new DistError('token.not_found')
      return endToken(context, context.actor.token.id)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/tokens/:token',
    action: 'token.manage',
    object: 'server',
    summary: 'Read a token',
    response: Token,
    async handle(context) {
      const token = await getToken(context.deps.store.reads, context.params.token!)
      if (!token || !mayManage(context.actor, token)) throw new DistError('token.not_found')
      return json(token)
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/tokens/:token',
    action: 'token.manage',
    object: 'server',
    summary: 'Revoke a token: it is dead on the next request',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      return endToken(context, context.params.token!)
    },
  }),
]
