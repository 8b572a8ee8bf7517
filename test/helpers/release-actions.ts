import type { Answer, TestApp } from './test-app.ts'

/** Asks for an action on a release of the app `notes`, by its ref or id: `publish`, `announce`, … */
export function act(app: TestApp, token: string, ref: string, action: string, body?: object): Promise<Answer> {
  return app.ask('POST', `/api/v1/apps/notes/releases/${ref}/actions/${action}`, {
    token,
    ...(body === undefined ? {} : { body }),
  })
}

/** Status and error code of a refusal. */
export function codeOf(answer: Answer): [status: number, code: string] {
  return [answer.status, answer.json.code]
}
