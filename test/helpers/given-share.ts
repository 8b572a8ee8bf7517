import assert from 'node:assert/strict'
import type { Share, ShareDetails } from '../../src/model/share.ts'
import type { TestApp } from './test-app.ts'

export interface GivenShare {
  readonly share: Share
  /** Path of its URL. */
  readonly path: string
  /** Headers of whoever opened it. */
  readonly headers: { readonly Cookie: string }
}

/** Makes a share link through the API and opens it as somebody does who was given it. */
export async function givenShare(app: TestApp, token: string, body: object): Promise<GivenShare> {
  const made = await app.ask('POST', '/api/v1/shares', { token, body: { label: 'Ada', ...body } })
  assert.equal(made.status, 201, made.text)
  const path = new URL(made.json.url).pathname
  const opened = await app.ask('GET', path)
  assert.equal(opened.status, 303, opened.text)
  const Cookie = opened.headers.get('set-cookie')!.split(';')[0]!
  return { share: made.json.share, path, headers: { Cookie } }
}

export async function shareDetails(app: TestApp, token: string, { id }: Pick<Share, 'id'>): Promise<ShareDetails> {
  const answer = await app.ask('GET', `/api/v1/shares/${id}`, { token })
  assert.equal(answer.status, 200, answer.text)
  return answer.json
}
