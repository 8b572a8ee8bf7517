import { z } from 'zod'
import { DistError } from '../../errors.ts'
import type { SetupPage, View } from '../../model/view.ts'
import { findAccountLink } from '../../people/account-links.ts'
import { MIN_PASSWORD_LENGTH } from '../../people/passwords.ts'
import { completeAccountLink, completeSetupToken, hasAdmin } from '../../people/setup.ts'
import type { RequestContext } from '../context.ts'
import { signedInCookies } from '../cookies.ts'
import { readForm } from '../form.ts'
import { answerForm, emptyForm, errorState, FORM, personPage } from '../people/person-page.ts'
import { insecureView, openWay, wayOf } from '../people/sign-in-refusal.ts'
import { browserOf, keptPath, sessionOf } from '../people/signed-in.ts'
import { route } from '../route.ts'
import { seeOther } from '../see-other.ts'

const name = z.string().max(1000)
const TokenForm = z.strictObject({ token: z.string(), name, password: z.string() })
/** Password managers read the name of who has one already from the form too. */
const LinkForm = z.strictObject({ name: name.optional(), password: z.string() })

function view(page: Pick<SetupPage, 'kind' | 'action'> & Partial<SetupPage>): View {
  return { view: 'setup', page: { form: emptyForm(), minLength: MIN_PASSWORD_LENGTH, ...page } }
}

/** The first admin comes to be once: after that there is nothing here. @throws DistError setup.not_found */
function checkOpen({ deps }: RequestContext): void {
  if (hasAdmin(deps.store)) {
    throw new DistError('setup.not_found', 'This server is set up', { hint: 'Sign in with your name and password' })
  }
}

/** What the page of a link shows: whom it is for. @throws DistError setup.not_found */
function linkPage({ deps, params, url }: RequestContext): Pick<SetupPage, 'kind' | 'action' | 'form'> {
  const link = findAccountLink(deps, params.key!)
  if (link === undefined) {
    // Before there is an admin nobody can be asked for another one.
    const hint = hasAdmin(deps.store) ? undefined : 'Start distd again: it writes a new setup link'
    throw new DistError('setup.not_found', undefined, hint === undefined ? {} : { hint })
  }
  const kind = link.kind === 'setup' ? 'first' : link.kind
  return { kind, action: url.pathname, form: emptyForm(link.userName ?? '') }
}

export const setupRoutes = [
  route({
    method: 'GET',
    path: '/setup',
    action: 'server.public',
    object: 'server',
    summary: 'How the first admin is made, as long as there is none',
    types: ['text/html'],
    async handle(context) {
      checkOpen(context)
      if (wayOf(context) === 'refused') return personPage(context, insecureView(context))
      const kind = context.deps.config.setupToken === undefined ? 'none' : 'token'
      return personPage(context, view({ kind, action: '/setup' }))
    },
  }),
  route({
    method: 'POST',
    path: '/setup',
    action: 'server.public',
    object: 'server',
    summary: 'Make the first admin with the setup token, and sign in',
    ...FORM,
    async handle(context) {
      checkOpen(context)
      let name = ''
      return answerForm(
        context,
        async () => {
          const way = openWay(context)
          const form = await readForm(context.request, TokenForm)
          name = form.name
          const signedIn = await completeSetupToken(
            { ...context.deps, limits: context.limits },
            { ...form, ...browserOf(context), ...sessionOf(context) },
            context.requestId,
          )
          return seeOther(keptPath('/'), signedInCookies(way, signedIn))
        },
        (error) => {
          checkOpen(context)
          // The page stands for itself: what is not found is the token that was typed.
          const isToken = error.code === 'setup.not_found'
          const wrong = { error: 'The setup token is wrong', hint: null, fields: ['token'] }
          const state = isToken ? wrong : errorState(error, ['password'])
          return view({ kind: 'token', action: '/setup', form: { ...state, name } })
        },
        context.deps.config.setupToken === undefined ? undefined : 'setup.not_found',
      )
    },
  }),
  route({
    method: 'GET',
    path: '/setup/:key',
    action: 'server.public',
    object: 'server',
    summary: 'The page of a one-time link: the first admin, an invitation, or a new password',
    types: ['text/html'],
    async handle(context) {
      const page = linkPage(context)
      return personPage(context, wayOf(context) === 'refused' ? insecureView(context) : view(page))
    },
  }),
  route({
    method: 'POST',
    path: '/setup/:key',
    action: 'server.public',
    object: 'server',
    summary: 'Use a one-time link: set the password, and sign in',
    ...FORM,
    async handle(context) {
      let name: string | undefined
      return answerForm(
        context,
        async () => {
          const way = openWay(context)
          const form = await readForm(context.request, LinkForm)
          name = form.name
          const signedIn = await completeAccountLink(
            { ...context.deps, limits: context.limits },
            { ...form, secret: context.params.key!, ...browserOf(context), ...sessionOf(context) },
            context.requestId,
          )
          return seeOther(keptPath('/'), signedInCookies(way, signedIn))
        },
        (error) => {
          const page = linkPage(context)
          const typed = page.kind === 'first' && name !== undefined ? name : page.form.name
          return view({ ...page, form: { ...errorState(error, ['password']), name: typed } })
        },
      )
    },
  }),
]
