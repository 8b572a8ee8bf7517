import { z } from 'zod'
import { PageOf } from '../../model/page.ts'
import { CreateUser, EditUser, InvitedUser, User } from '../../model/user.ts'
import { createAccountLink, type IssuedLink } from '../../people/account-links.ts'
import { createUser, deleteUser, editUser } from '../../people/users.ts'
import { listUsers, type UserRecord } from '../../store/users.ts'
import type { RequestContext } from '../context.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { json, noContent } from '../json.ts'
import { decodeCursor, ListQuery, pageJson, pageOf } from '../lists.ts'
import { getUser } from '../people/find-user.ts'
import { route } from '../route.ts'

function presentUser({ password, ...user }: UserRecord): User {
  return { ...user, hasPassword: password !== null }
}

function presentInvited(
  { baseUrl }: Pick<RequestContext, 'baseUrl'>,
  { user, link }: { user: UserRecord; link: IssuedLink },
): InvitedUser {
  const { kind, secret, expiresAt } = link
  return { user: presentUser(user), link: { kind, url: `${baseUrl}/setup/${secret}`, expiresAt } }
}

const userOfPath = ({ deps, params }: Pick<RequestContext, 'deps' | 'params'>) =>
  getUser(deps.store.reads, params.user!)

export const userRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/users',
    action: 'user.manage',
    object: 'server',
    summary: 'List people in order of name',
    query: ListQuery,
    response: PageOf(User),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor } = context.query
      const users = await listUsers(context.deps.store.reads, decodeCursor(cursor), limit + 1)
      return pageJson(
        context,
        pageOf(users, limit, (user) => user.name, presentUser),
      )
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/users',
    action: 'user.manage',
    stepUp: true,
    object: 'server',
    summary: 'Create a person; the link to set the password is in this answer only',
    body: CreateUser,
    response: InvitedUser,
    status: 201,
    reads: ['Idempotency-Key'],
    async handle(context) {
      const key = idempotencyKeyOf(context.request)
      const { deps, actor, body, cause } = context
      return json(presentInvited(context, await createUser(deps, actor, body, key, cause)), 201)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/users/:user',
    action: 'user.manage',
    object: 'server',
    summary: 'Read a person by id or name',
    response: User,
    async handle(context) {
      return json(presentUser(await userOfPath(context)))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/users/:user',
    action: 'user.manage',
    stepUp: true,
    object: 'server',
    summary: 'Change roles of a person, disable or enable: effective on the next request',
    body: EditUser,
    response: User,
    async handle(context) {
      const { id } = await userOfPath(context)
      return json(presentUser(await editUser(context.deps, id, context.body, context.cause)))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/users/:user',
    action: 'user.manage',
    stepUp: true,
    object: 'server',
    summary: 'Delete a person with roles, sessions and links; what the person made stays',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      const { id } = await userOfPath(context)
      await deleteUser(context.deps, id, context.cause)
      return noContent()
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/users/:user/actions/link',
    action: 'user.manage',
    stepUp: true,
    object: 'server',
    summary: 'Make a new link to set the password, in place of those not used; it is in this answer only',
    response: InvitedUser,
    async handle(context) {
      const { id } = await userOfPath(context)
      return json(presentInvited(context, await createAccountLink(context.deps, context.actor, id, context.cause)))
    },
  }),
]
