import { DistError, type ErrorCode, errorRow } from '../../errors.ts'
import type { FormState, View } from '../../model/view.ts'
import { cacheHeaders } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { FORM_TYPE } from '../form.ts'
import { PAGE_HEADERS, renderFor, wantsHtml } from '../page-response.ts'
import { insecureView } from './sign-in-refusal.ts'

/** What the row of a form says: it is answered by leading on, or by its page again with what is wrong. */
export const FORM = {
  isForm: true,
  bodyTypes: [FORM_TYPE],
  status: 303,
  types: ['text/html'],
  sends: ['Location'],
} as const

/** A page about the person who asks, or who may sign in: kept by nobody. @param error what its status and fields are of */
export function personPage(context: RequestContext, view: View, error?: DistError): Response {
  return new Response(renderFor(context, view), {
    status: error === undefined ? 200 : errorRow(error.code).status,
    headers: { ...PAGE_HEADERS, ...cacheHeaders('private'), ...error?.headers },
  })
}

/** What a person can put right on the same page, or try again there. */
const CORRECTABLE: ReadonlySet<ErrorCode> = new Set([
  'access.sign_in_failed',
  'access.too_many_tries',
  'access.busy',
  'password.weak',
  'request.invalid',
  'user.exists',
])

/**
 * Does what a form asks for. A browser gets what can be put right on the page of the form again, with the status of the
 * error; all the rest is told as everywhere.
 * @param also another code that can be put right on this page
 */
export async function answerForm(
  context: RequestContext,
  run: () => Promise<Response>,
  show: (error: DistError) => View | Promise<View>,
  also?: ErrorCode,
): Promise<Response> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof DistError) || !wantsHtml(context.request)) throw error
    if (error.code === 'access.insecure') return personPage(context, insecureView(context), error)
    if (!CORRECTABLE.has(error.code) && error.code !== also) throw error
    return personPage(context, await show(error), error)
  }
}

/** Fields by what they are called on pages. */
const LABELS: Readonly<Record<string, string>> = {
  name: 'Name',
  password: 'Password',
  current: 'Current password',
  new_password: 'New password',
  token: 'Setup token',
}

/** The field that a message is about, and what it says of it: `form.name: must be …`. */
const OF_FIELD = /^(?:form\.)?([a-z_]+): (.+)$/s

/**
 * What the page of a form says of an error.
 * @param fields those that the form has beside the name which an error of no field in particular is about
 */
export function errorState(error: DistError, fields: readonly string[]): Omit<FormState, 'name'> {
  const [, field, message] = (error.code === 'request.invalid' && OF_FIELD.exec(error.message)) || []
  if (field !== undefined) {
    return { error: `${LABELS[field] ?? field}: ${message}`, hint: null, fields: [field] }
  }
  const isOfField = error.code === 'access.sign_in_failed' || error.code === 'password.weak'
  return { error: error.message, hint: error.hint ?? null, fields: isOfField ? fields : [] }
}

/** A form that nothing was typed into. */
export function emptyForm(name = ''): FormState {
  return { error: null, hint: null, name }
}
