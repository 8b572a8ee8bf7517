import { type Answer, type PublishedFile, type TestApp, upload } from './test-app.ts'

/** Of a name as one segment of a path. */
export const segment = encodeURIComponent

/** Uploads a file and asks to put it into a slot of a branch build of the app `notes`. */
export async function push(
  app: TestApp,
  token: string,
  name: string,
  slot: string,
  file: PublishedFile,
  said: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const uploadId = await upload(app, token, file)
  return app.ask('PUT', `/api/v1/apps/notes/branches/${segment(name)}/slots/${slot}`, {
    token,
    headers,
    body: { uploadId, ...said },
  })
}
