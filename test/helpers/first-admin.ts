import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PublishClient, publishClient } from './publish-client.ts'
import type { TestServer } from './server.ts'

export const ADA = { name: 'ada', password: 'seven harbour lanterns' } as const

/** Path of the link that the first start has written. */
export function setupPath({ data }: Pick<TestServer, 'data'>): string {
  return new URL(readFileSync(join(data, 'config/setup-link'), 'utf8').trim()).pathname
}

/** Sends a form as a browser does from a page of the same server. */
export function sendForm(url: string, fields: Readonly<Record<string, string>>): Promise<Response> {
  const headers = { 'sec-fetch-site': 'same-origin' }
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', headers })
}

/** The cookies that an answer set, as a Cookie field. */
export function cookiesOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((text) => text.split(';', 1)[0])
    .join('; ')
}

/**
 * Makes Ada the first admin by the setup link, without a browser.
 * @returns a client with a token that may do everything
 */
export async function firstAdmin(server: TestServer): Promise<PublishClient> {
  const made = await sendForm(server.url + setupPath(server), ADA)
  if (made.status !== 303) throw new Error(`Cannot make the first admin: ${made.status} ${await made.text()}`)
  const { json } = await publishClient(server.url).call('POST', '/tokens', [201], {
    headers: { Cookie: cookiesOf(made), 'sec-fetch-site': 'same-origin' },
    body: { name: 'e2e', actions: ['admin', 'publish', 'promote'] },
  })
  return publishClient(server.url, json.secret)
}
