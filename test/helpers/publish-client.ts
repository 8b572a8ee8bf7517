import { createHash } from 'node:crypto'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly text: string
  /** The body as JSON; throws when it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is. */
  readonly raw?: BodyInit
}

/** `sha256:<hex>` of bytes, by the runtime's own crypto. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/**
 * The smallest client of the wire contract, written apart from `cli`: one request per call, never repeated, so that a
 * test knows exactly what was acknowledged.
 */
export interface PublishClient {
  ask(method: string, path: string, ask?: Ask): Promise<Answer>
  /** As `ask` below `/api/v1`. @throws Error unless the status is one of `expected` */
  call(method: string, path: string, expected: readonly number[], ask?: Ask): Promise<Answer>
  createApp(slug: string, visibility?: string): Promise<void>
  /** Opens an upload. @returns its id, and whether there is nothing to send */
  open(fileName: string, bytes: Uint8Array): Promise<{ id: string; skipped: boolean }>
  /** Sends `bytes` from `offset`; `last` says that the upload ends with them. */
  send(id: string, offset: number, bytes: Uint8Array<ArrayBuffer>, last: boolean): Promise<Answer>
  /** Opens an upload and sends all of it. @returns its id */
  upload(fileName: string, bytes: Uint8Array<ArrayBuffer>): Promise<string>
  /** A release from draft to announced. @returns it as the API shows it */
  // biome-ignore lint/suspicious/noExplicitAny: as the API answers
  release(app: string, version: string, files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Promise<any>
}

export function publishClient(url: string, token?: string): PublishClient {
  const client: PublishClient = {
    async ask(method, path, { headers, body, raw } = {}) {
      const response = await fetch(url + path, {
        method,
        redirect: 'manual',
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined ? { body: JSON.stringify(body) } : raw !== undefined ? { body: raw } : {}),
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return {
        status: response.status,
        headers: response.headers,
        bytes,
        get text() {
          return new TextDecoder().decode(bytes)
        },
        get json() {
          return JSON.parse(new TextDecoder().decode(bytes))
        },
      }
    },
    async call(method, path, expected, ask) {
      const answer = await client.ask(method, `/api/v1${path}`, ask)
      if (expected.includes(answer.status)) return answer
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`)
    },
    async createApp(slug, visibility = 'public') {
      await client.call('POST', '/apps', [201], { body: { slug, visibility } })
    },
    async open(fileName, bytes) {
      const body = { sizeBytes: bytes.byteLength, digest: digestOf(bytes), fileName }
      const { json } = await client.call('POST', '/uploads', [200, 201], { body })
      return { id: json.id, skipped: json.skipped }
    },
    send: (id, offset, bytes, last) =>
      client.call('PATCH', `/uploads/${id}`, [last ? 200 : 204], {
        headers: {
          'Content-Type': 'application/partial-upload',
          'Upload-Offset': String(offset),
          'Upload-Complete': last ? '?1' : '?0',
        },
        raw: bytes,
      }),
    async upload(fileName, bytes) {
      const { id, skipped } = await client.open(fileName, bytes)
      if (!skipped) await client.send(id, 0, bytes, true)
      return id
    },
    async release(app, version, files) {
      const { json: draft } = await client.call('POST', `/apps/${app}/releases`, [200, 201], { body: { version } })
      const path = `/apps/${app}/releases/${draft.id}`
      for (const [fileName, bytes] of Object.entries(files)) {
        const uploadId = await client.upload(fileName, bytes)
        await client.call('POST', `${path}/artifacts`, [200, 201], { body: { uploadId, platform: 'linux' } })
      }
      await client.call('POST', `${path}/actions/publish`, [200])
      return (await client.call('POST', `${path}/actions/announce`, [200])).json
    },
  }
  return client
}
