import { z } from 'zod'
import { DistError } from '../../errors.ts'
import type { SignInPage, View } from '../../model/view.ts'
import { endSession } from '../../people/sessions.ts'
import { signIn } from '../../people/sign-in.ts'
import type { RequestContext } from '../context.ts'
import { deviceCookie, sessionCookie, signedInCookies, signedOutCookies } from '../cookies.ts'
import { readForm } from '../form.ts'
import { nextPath } from '../people/next-path.ts'
import { answerForm, emptyForm, errorState, FORM, personPage } from '../people/person-page.ts'
import { insecureView, lostCookie, openWay, wayOf } from '../people/sign-in-refusal.ts'
import { browserOf, keptPath, sessionOf } from '../people/signed-in.ts'
import { route } from '../route.ts'
import { seeOther } from '../see-other.ts'

const SignInForm = z.strictObject({ name: z.string().max(1000), password: z.string(), next: z.string().optional() })

function view(page: Partial<SignInPage> & Pick<SignInPage, 'next'>): View {
  return { view: 'sign-in', page: { form: emptyForm(), refusal: null, ...page } }
}

/** A Strict cookie does not come along from another site: whoever follows a link in a web mail looks signed out. */
function cameFromElsewhere({ request, ...context }: RequestContext): boolean {
  const isElsewhere = request.headers.get('sec-fetch-site') === 'cross-site'
  return isElsewhere && sessionCookie(request, wayOf({ request, ...context })) === undefined
}

/** Whoever is signed out already is so at once. */
async function signOut({ actor, deps, cause }: RequestContext): Promise<void> {
  if (actor.kind !== 'user') return
  try {
    await endSession(deps, actor, actor.session.id, cause)
  } catch (error) {
    if (!(error instanceof DistError) || error.code !== 'session.not_found') throw error
  }
}

export const signInRoutes = [
  route({
    method: 'GET',
    path: '/login',
    action: 'server.public',
    object: 'server',
    summary: 'The page to sign in at; whoever is signed in goes on',
    query: z.object({
      next: z.string().optional().describe('Path of this server to go on to'),
      kept: z.string().optional().describe('1 after signing in: says so when the browser did not keep the cookie'),
    }),
    types: ['text/html'],
    sends: ['Location'],
    answers: { 303: 'Signed in: on to the page' },
    async handle(context) {
      const next = nextPath(context.query.next)
      if (wayOf(context) === 'refused') return personPage(context, insecureView(context))
      if (context.actor.kind === 'user') return seeOther(next)
      const refusal = context.query.kept === '1' ? lostCookie(context) : null
      const response = personPage(context, view({ next, refusal }))
      // Asked for once more by this page itself, the browser sends the cookie that it has.
      if (cameFromElsewhere(context))
        response.headers.set('Refresh', `0; url=${context.url.pathname}${context.url.search}`)
      return response
    },
  }),
  route({
    method: 'POST',
    path: '/login',
    action: 'server.public',
    object: 'server',
    summary: 'Sign in with name and password',
    ...FORM,
    async handle(context) {
      let name = ''
      let next = '/'
      return answerForm(
        context,
        async () => {
          const way = openWay(context)
          const form = await readForm(context.request, SignInForm)
          next = nextPath(form.next)
          name = form.name
          const signedIn = await signIn(
            { ...context.deps, limits: context.limits },
            {
              name,
              password: form.password,
              device: deviceCookie(context.request, way),
              ...browserOf(context),
              ...sessionOf(context),
            },
            context.requestId,
          )
          return seeOther(keptPath(next), signedInCookies(way, signedIn))
        },
        (error) => view({ form: { ...errorState(error, ['name', 'password']), name }, next }),
      )
    },
  }),
  route({
    method: 'POST',
    path: '/logout',
    action: 'server.public',
    object: 'server',
    summary: 'Sign out: the session ends',
    ...FORM,
    async handle(context) {
      await signOut(context)
      return seeOther('/', signedOutCookies(wayOf(context)))
    },
  }),
]
