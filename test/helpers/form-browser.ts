import assert from 'node:assert/strict'
import { documentedAnswers } from './documented-answers.ts'
import type { Answer, TestApp } from './test-app.ts'

/** A browser without scripts: it keeps cookies by their rules, says where requests come from, and sends forms of pages. */
export interface FormBrowser {
  /** What is kept, by name. */
  readonly cookies: Map<string, string>
  /** The page that is open. */
  readonly page: Answer
  /** Path and query of the page. */
  readonly path: string
  /** Opens a page, and follows where it leads. */
  open(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Fills in the form of the page that goes to `action`, with its hidden fields, and follows where it leads. */
  submit(action: string, fields?: Readonly<Record<string, string>>): Promise<Answer>
  /** Sends the same to where no page has such a form. */
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
}

/** A loop is what must not be. */
const MAX_STEPS = 6

const TEXT = { '&quot;': '"', '&amp;': '&', '&lt;': '<', '&gt;': '>', '&#39;': "'" } as const

const plainText = (text: string) =>
  text.replace(/&(?:quot|amp|lt|gt|#39);/g, (entity) => TEXT[entity as keyof typeof TEXT])

/** Names of the fields of a form, with the values that stand in them. */
function fieldsOf(html: string, action: string): Map<string, string> {
  const forms = [...html.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)]
  const form = forms.find(([, attributes]) => attributes!.includes(`action="${action}"`))
  assert.ok(form, `the page has no form to ${action}: ${html}`)
  assert.match(form[1]!, /method="post"/)
  const fields = new Map<string, string>()
  for (const [input] of form[2]!.matchAll(/<input[^>]*>/g)) {
    const name = /\sname="([^"]*)"/.exec(input)?.[1]
    if (name !== undefined) fields.set(name, plainText(/\svalue="([^"]*)"/.exec(input)?.[1] ?? ''))
  }
  return fields
}

/** @param origin of the server as the browser has it: http://distd.test is another machine, over a line that all can read */
export function createFormBrowser(
  { app, fetch }: Pick<TestApp, 'app' | 'fetch'>,
  origin = 'https://distd.test',
  always: Readonly<Record<string, string>> = {},
): FormBrowser {
  const cookies = new Map<string, string>()
  const { protocol, hostname } = new URL(origin)
  const isTrustworthy = protocol === 'https:' || hostname === 'localhost'
  const checkDocumented = documentedAnswers(app.routes)
  let page: Answer | undefined
  let path = ''

  /** RFC 6265bis §5.7, as far as it concerns us. */
  function keep(field: string): void {
    const [pair, ...rest] = field.split('; ')
    const [name, value] = [pair!.slice(0, pair!.indexOf('=')), pair!.slice(pair!.indexOf('=') + 1)]
    const attributes = new Map(rest.map((text) => text.toLowerCase().split('=') as [string, string | undefined]))
    if (attributes.has('secure') && !isTrustworthy) return
    if (name.startsWith('__Host-')) {
      assert.ok(attributes.has('secure') && attributes.get('path') === '/' && !attributes.has('domain'), field)
    }
    assert.ok(attributes.has('httponly'), field)
    if (attributes.get('max-age') === '0') cookies.delete(name)
    else cookies.set(name, value)
  }

  async function send(
    method: string,
    to: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Answer> {
    const sent = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = new Request(origin + to, {
      method,
      headers: {
        Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
        'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0',
        ...(sent === '' ? {} : { Cookie: sent }),
        ...(path === '' ? {} : { Referer: origin + path }),
        // Over plain http nothing is said of it, but by the Origin of a form.
        ...(isTrustworthy ? { 'Sec-Fetch-Site': path === '' ? 'none' : 'same-origin' } : {}),
        ...(method === 'POST' ? { Origin: origin, 'Content-Type': 'application/x-www-form-urlencoded' } : {}),
        ...always,
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const response = await fetch(request)
    checkDocumented(request, response)
    for (const field of response.headers.getSetCookie()) keep(field)
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      get json() {
        return JSON.parse(text)
      },
    }
  }

  /** Follows 303 as GET, as browsers do. */
  async function go(
    method: string,
    to: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Answer> {
    let answer = await send(method, to, headers, body)
    path = to
    for (let steps = 0; answer.status === 303; steps++) {
      assert.ok(steps < MAX_STEPS, `led on and on, at last to ${path}`)
      path = answer.headers.get('location')!
      assert.match(path, /^\/(?!\/)/, 'no page leads to another server')
      answer = await send('GET', path, {})
    }
    page = answer
    return answer
  }

  return {
    cookies,
    get page() {
      return page ?? assert.fail('no page is open')
    },
    get path() {
      return path
    },
    open: (to, headers = {}) => go('GET', to, headers),
    submit(action, fields = {}) {
      const filled = fieldsOf(this.page.text, action)
      for (const [name, value] of Object.entries(fields)) {
        assert.ok(filled.has(name), `the form to ${action} has no field "${name}"`)
        filled.set(name, value)
      }
      return go('POST', action, {}, new URLSearchParams([...filled]).toString())
    },
    post: (to, fields, headers = {}) => go('POST', to, headers, new URLSearchParams(fields).toString()),
  }
}
