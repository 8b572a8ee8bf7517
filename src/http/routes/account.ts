import { z } from 'zod'
import { isConfirmed } from '../../access/sessions.ts'
import type { AccountPage, FormState, View } from '../../model/view.ts'
import { changePassword, confirmPassword } from '../../people/own-password.ts'
import { MIN_PASSWORD_LENGTH } from '../../people/passwords.ts'
import { endOtherSessions, endSession, listSessions, userActor } from '../../people/sessions.ts'
import { findApp } from '../../store/apps.ts'
import type { RequestContext } from '../context.ts'
import { signedInCookies, signedOutCookies } from '../cookies.ts'
import { readForm } from '../form.ts'
import { browserName } from '../people/browser-name.ts'
import { nextPath } from '../people/next-path.ts'
import { answerForm, emptyForm, errorState, FORM, personPage } from '../people/person-page.ts'
import { openWay, wayOf } from '../people/sign-in-refusal.ts'
import { route } from '../route.ts'
import { seeOther } from '../see-other.ts'
import { timeText } from '../time-text.ts'

const PasswordForm = z.strictObject({ current: z.string(), new_password: z.string(), name: z.string().optional() })
const ConfirmForm = z.strictObject({ password: z.string(), next: z.string().optional(), name: z.string().optional() })
const NoFields = z.strictObject({})

/** What was done, by the word in the address that a form leads to. */
const DONE: ReadonlyMap<string, string> = new Map([
  ['password', 'The password was changed, and everywhere else you were signed out'],
  ['session', 'The session was ended'],
  ['sessions', 'All other sessions were ended'],
])

const PERSON = { action: 'session.own', object: 'server', isPersonal: true } as const

async function accountView(
  context: RequestContext,
  { password, done }: { readonly password?: Omit<FormState, 'name'>; readonly done?: string | undefined },
): Promise<View> {
  const { deps } = context
  const actor = userActor(context.actor)
  const { user } = actor.session
  const sessions = await listSessions(deps, actor, user.id)
  const page: AccountPage = {
    name: user.name,
    role: user.role,
    apps: Object.entries(user.apps).map(([slug, role]) => ({
      slug,
      name: findApp(deps.store, slug)?.name ?? slug,
      role,
    })),
    sessions: sessions.map((session) => ({
      id: session.id,
      isCurrent: session.isCurrent,
      browser: browserName(session.userAgent),
      address: session.address,
      signedInAt: timeText(session.createdAt),
      lastSeenAt: timeText(session.lastSeenAt),
    })),
    password: { ...(password ?? { error: null, hint: null }), minLength: MIN_PASSWORD_LENGTH },
    done: DONE.get(done ?? '') ?? null,
  }
  return { view: 'account', page }
}

function confirmView(form: FormState, next: string): View {
  return { view: 'confirm', page: { form, next } }
}

export const accountRoutes = [
  route({
    method: 'GET',
    path: '/account',
    ...PERSON,
    summary: 'Who one is here, and where one is signed in',
    query: z.object({ done: z.string().optional().describe('What was done before: password, session or sessions') }),
    types: ['text/html'],
    sends: ['Location'],
    answers: { 303: 'A browser that is not signed in goes to sign in' },
    async handle(context) {
      return personPage(context, await accountView(context, { done: context.query.done }))
    },
  }),
  route({
    method: 'POST',
    path: '/account/password',
    ...PERSON,
    summary: 'Change the own password: all other sessions end',
    ...FORM,
    async handle(context) {
      return answerForm(
        context,
        async () => {
          const { current, new_password: next } = await readForm(context.request, PasswordForm)
          const deps = { ...context.deps, limits: context.limits }
          const changed = await changePassword(deps, context.actor, { current, next }, context.cause)
          return seeOther('/account?done=password', signedInCookies(openWay(context), changed))
        },
        (error) => {
          const field = error.code === 'password.weak' ? 'new_password' : 'current'
          return accountView(context, { password: errorState(error, [field]) })
        },
      )
    },
  }),
  route({
    method: 'POST',
    path: '/account/sessions/end-others',
    ...PERSON,
    summary: 'End all sessions of oneself but this one',
    ...FORM,
    async handle(context) {
      await readForm(context.request, NoFields)
      await endOtherSessions(context.deps, context.actor, context.cause)
      return seeOther('/account?done=sessions')
    },
  }),
  route({
    method: 'POST',
    path: '/account/sessions/:session/end',
    ...PERSON,
    summary: 'End a session of oneself',
    ...FORM,
    async handle(context) {
      await readForm(context.request, NoFields)
      const id = context.params.session!
      await endSession(context.deps, context.actor, id, context.cause)
      if (userActor(context.actor).session.id === id) return seeOther('/', signedOutCookies(wayOf(context)))
      return seeOther('/account?done=session')
    },
  }),
  route({
    method: 'GET',
    path: '/account/confirm',
    ...PERSON,
    summary: 'The page that asks for the password once more, before something dangerous',
    query: z.object({ next: z.string().optional().describe('Path of this server to go on to') }),
    types: ['text/html'],
    sends: ['Location'],
    answers: { 303: 'Given lately: on to the page; or not signed in: to sign in' },
    async handle(context) {
      const next = nextPath(context.query.next)
      const { session } = userActor(context.actor)
      if (isConfirmed(session, context.deps.clock.now())) return seeOther(next)
      return personPage(context, confirmView(emptyForm(session.user.name), next))
    },
  }),
  route({
    method: 'POST',
    path: '/account/confirm',
    ...PERSON,
    summary: 'Give the password once more: it counts for ten minutes',
    ...FORM,
    async handle(context) {
      const { name } = userActor(context.actor).session.user
      let next = '/'
      return answerForm(
        context,
        async () => {
          const form = await readForm(context.request, ConfirmForm)
          next = nextPath(form.next)
          const deps = { ...context.deps, limits: context.limits }
          const confirmed = await confirmPassword(deps, context.actor, form.password, context.cause)
          return seeOther(next, signedInCookies(openWay(context), confirmed))
        },
        (error) => confirmView({ ...errorState(error, ['password']), name }, next),
      )
    },
  }),
]
