import { z } from 'zod'
import { authorize } from '../../access/policy.ts'
import { PageOf } from '../../model/page.ts'
import { Session } from '../../model/user.ts'
import { confirmPassword } from '../../people/own-password.ts'
import { endOtherSessions, endSession, listSessions, userActor } from '../../people/sessions.ts'
import { signedInCookies, signedOutCookies } from '../cookies.ts'
import { json, noContent } from '../json.ts'
import { getUser } from '../people/find-user.ts'
import { openWay, wayOf } from '../people/sign-in-refusal.ts'
import { route } from '../route.ts'

const OWN = { action: 'session.own', object: 'server' } as const
const NOTHING = { response: z.undefined(), status: 204 } as const

const ConfirmPassword = z.strictObject({ password: z.string().max(16_384) }).meta({ id: 'ConfirmPassword' })

function withCookies(cookies: readonly string[]): Response {
  const response = noContent()
  for (const cookie of cookies) response.headers.append('Set-Cookie', cookie)
  return response
}

export const sessionRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/sessions',
    ...OWN,
    summary: 'Where one is signed in, used last first; 50 at most',
    query: z.object({ user: z.string().optional().describe('Id or name of somebody else, for admins of the server') }),
    response: PageOf(Session),
    async handle(context) {
      const { deps, actor, query } = context
      const { id: own } = userActor(context.actor).session.user
      // Asked before anybody is looked up: names that are there and that are not take the same time.
      if (query.user !== undefined) authorize(actor, 'user.manage', { kind: 'server' })
      const user = query.user === undefined ? own : (await getUser(deps.store.reads, query.user)).id
      return json({ items: await listSessions(deps, actor, user), nextCursor: null })
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/sessions/:session',
    ...OWN,
    summary: 'End a session: it is dead on the next request',
    ...NOTHING,
    async handle(context) {
      const id = context.params.session!
      const { id: current } = userActor(context.actor).session
      await endSession(context.deps, context.actor, id, context.cause)
      return withCookies(id === current ? signedOutCookies(wayOf(context)) : [])
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/sessions/actions/end-others',
    ...OWN,
    summary: 'End all sessions of oneself but this one',
    ...NOTHING,
    async handle(context) {
      await endOtherSessions(context.deps, context.actor, context.cause)
      return noContent()
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/sessions/actions/confirm',
    ...OWN,
    summary: 'Give the password once more: it counts for ten minutes, under a new cookie',
    body: ConfirmPassword,
    ...NOTHING,
    async handle(context) {
      const deps = { ...context.deps, limits: context.limits }
      const confirmed = await confirmPassword(deps, context.actor, context.body.password, context.cause)
      return withCookies(signedInCookies(openWay(context), confirmed))
    },
  }),
]
