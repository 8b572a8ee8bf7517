import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFsBlobStore } from '../../adapters/fs/blob-store.ts'
import { openDataFolder } from '../../adapters/fs/data-folder.ts'
import { createFsStaging } from '../../adapters/fs/staging.ts'
import { createMemoryBlobStore } from '../../adapters/memory/blob-store.ts'
import { createMemoryStaging } from '../../adapters/memory/staging.ts'
import { SYSTEM } from '../../src/access/actor.ts'
import { createToken } from '../../src/access/tokens.ts'
import { type App, createApp } from '../../src/app.ts'
import { inspectStored } from '../../src/artifacts/inspect-stored.ts'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import type { BlobStore } from '../../src/blob/blob-store.ts'
import type { Staging } from '../../src/blob/staging.ts'
import { digestOf } from '../../src/bytes/digest.ts'
import { Config } from '../../src/config.ts'
import type { Deps, Scrypt } from '../../src/deps.ts'
import type { CreateToken, Token } from '../../src/model/token.ts'
import { openStore } from '../../src/store/open.ts'
import { ASSETS } from '../../ui/assets.gen.ts'
import { renderPage } from '../../ui/render.ts'
import { countingScrypt } from './counting-scrypt.ts'
import { documentedAnswers } from './documented-answers.ts'
import { type FixedClock, fixedClock } from './fixed-clock.ts'
import { type Person, type PersonInput, signedInPerson } from './person.ts'
import { currentRuntime } from './runtime.ts'
import { watchSecrets } from './secret-watch.ts'
import { watched } from './watched-database.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; throws when it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any
}

export interface Ask {
  readonly token?: string | undefined
  /**
   * Sent as the Cookie field, over https and as from a page of this server; `{ 'Sec-Fetch-Site': … }` among the headers says
   * otherwise.
   */
  readonly cookie?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Address of the other end of the socket, where it is not that of the test app. */
  readonly peer?: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is. */
  readonly raw?: BodyInit
}

export interface TestApp {
  readonly deps: Deps
  readonly app: App
  readonly clock: FixedClock
  /** Folder of the database, and of the bytes with `blobs: 'fs'`. */
  readonly folder: string
  ask(method: string, path: string, ask?: Ask): Promise<Answer>
  /** The response itself, its body unread. */
  fetch(request: Request): Promise<Response>
  issue(input: Partial<CreateToken> & Pick<CreateToken, 'actions'>): Promise<{ secret: string; token: Token }>
  /** Somebody who is signed in, with these roles, and gave the password just now. */
  person(input?: PersonInput): Promise<Person>
  close(): Promise<void>
}

export interface TestAppOptions {
  readonly config?: Partial<Config>
  readonly blobs?: 'memory' | 'fs'
  readonly freeBytes?: () => Promise<number | undefined>
  /** Address of the other end of the socket; 127.0.0.1 when not given. */
  readonly peer?: string
  /** Where a test counts the hashes of passwords; with little work in each when not given. */
  readonly scrypt?: Scrypt
  /** A folder of an earlier test app, to open it again. */
  readonly folder?: string
  /** Is told every statement that is run, on either connection. */
  readonly onStatement?: (text: string) => void
}

const BASE = 'http://distd.test'
/** Browsers send the cookies of people there. */
const SECURE_BASE = 'https://distd.test'

/** The whole product behind `fetch`: a real database in a temporary folder, real stores, a clock that stands still. */
export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const runtime = await currentRuntime()
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'distd-test-')))
  const store = await openStore({
    connect: (mode) =>
      watched(runtime.openSqlite(join(folder, 'test.sqlite'), { readonly: mode === 'read' }), options.onStatement),
    isServer: true,
    nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
  })
  let blobs: BlobStore
  let staging: Staging
  if (options.blobs === 'fs') {
    await openDataFolder(folder)
    const fsBlobs = createFsBlobStore({
      root: folder,
      blobBody: runtime.blobBody,
      hold: runtime.hold,
      createHasher: runtime.createHasher,
    })
    blobs = fsBlobs
    staging = createFsStaging({ root: folder, blobs: fsBlobs, createHasher: runtime.createHasher })
  } else {
    const memory = createMemoryBlobStore()
    blobs = memory
    staging = createMemoryStaging(memory)
  }
  const clock = fixedClock()
  const secrets = watchSecrets()
  const deps: Deps = {
    store,
    blobs,
    staging,
    clock,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    createHasher: runtime.createHasher,
    inspect: inspectStored({ blobs }),
    scrypt: options.scrypt ?? countingScrypt().scrypt,
    signingKey: crypto.getRandomValues(new Uint8Array(32)),
    log: secrets.log,
    config: { ...Config.parse({}), ...options.config },
    freeBytes: options.freeBytes ?? (async () => undefined),
    checkStorage: async () => undefined,
  }
  const app = createApp({ deps, version: '0.0.0-test', render: renderPage, assets: ASSETS })
  const peer = { address: options.peer ?? '127.0.0.1', keepOpen: () => undefined }
  const checkDocumented = documentedAnswers(app.routes)
  return {
    deps,
    app,
    clock,
    folder,
    fetch: (request) => app.fetch(request, peer),
    async ask(method, path, { token, cookie, headers, peer: from, body, raw } = {}) {
      const request = new Request((cookie === undefined ? BASE : SECURE_BASE) + path, {
        method,
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(cookie === undefined ? {} : { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined ? { body: JSON.stringify(body) } : raw !== undefined ? { body: raw } : {}),
      })
      secrets.noteRequest(body ?? raw, request.headers.get('cookie'))
      const response = await app.fetch(request, from === undefined ? peer : { ...peer, address: from })
      checkDocumented(request, response)
      secrets.noteResponse(response.headers)
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        text,
        get json() {
          return JSON.parse(text)
        },
      }
    },
    async issue(input) {
      const issued = await createToken(deps, SYSTEM, { name: 'test', ...input }, null, SYSTEM_CAUSE)
      return { secret: issued.secret, token: issued.token }
    },
    person: (input) => signedInPerson(deps, input),
    async close() {
      await store.close()
      // Whatever the test was about: of the secrets in it, nothing but hashes is kept.
      secrets.check([join(folder, 'test.sqlite'), join(folder, 'test.sqlite-wal')])
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Runs on a test app that has the public app `notes`, with a token that may do everything. */
export async function withNotes(
  options: TestAppOptions,
  run: (app: TestApp, token: string) => Promise<void>,
): Promise<void> {
  const app = await createTestApp(options)
  try {
    const { secret: token } = await app.issue({ actions: ['admin'] })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
    await run(app, token)
  } finally {
    await app.close()
  }
}

export interface PublishedFile {
  readonly fileName: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly platform?: string
}

/** Uploads bytes; gives the id of the finished upload. */
export async function upload(app: TestApp, token: string, file: PublishedFile): Promise<string> {
  const opened = await app.ask('POST', '/api/v1/uploads', {
    token,
    body: { sizeBytes: file.bytes.byteLength, digest: digestOf(file.bytes), fileName: file.fileName },
  })
  if (opened.status === 200) return opened.json.id
  if (opened.status !== 201) throw new Error(`upload was not opened: ${opened.text}`)
  const sent = await app.ask('PATCH', `/api/v1/uploads/${opened.json.id}`, {
    token,
    headers: { 'Content-Type': 'application/partial-upload', 'Upload-Offset': '0' },
    raw: file.bytes,
  })
  if (sent.status !== 200) throw new Error(`bytes were not taken: ${sent.text}`)
  return opened.json.id
}

/** A draft with these files; gives the release as the API shows it. */
export async function draft(
  app: TestApp,
  token: string,
  slug: string,
  release: object,
  files: readonly PublishedFile[],
) {
  const drafted = await app.ask('POST', `/api/v1/apps/${slug}/releases`, { token, body: release })
  if (drafted.status !== 201) throw new Error(`no draft: ${drafted.text}`)
  for (const file of files) {
    const attached = await app.ask('POST', `/api/v1/apps/${slug}/releases/${drafted.json.id}/artifacts`, {
      token,
      body: { uploadId: await upload(app, token, file), platform: file.platform ?? 'linux' },
    })
    if (attached.status !== 201) throw new Error(`not attached: ${attached.text}`)
  }
  return drafted.json
}

/** A release from draft to announced. */
export async function release(
  app: TestApp,
  token: string,
  slug: string,
  input: object,
  files: readonly PublishedFile[],
) {
  const { id } = await draft(app, token, slug, input, files)
  const published = await app.ask('POST', `/api/v1/apps/${slug}/releases/${id}/actions/publish`, { token })
  if (published.status !== 200) throw new Error(`not published: ${published.text}`)
  const announced = await app.ask('POST', `/api/v1/apps/${slug}/releases/${id}/actions/announce`, { token })
  if (announced.status !== 200) throw new Error(`not announced: ${announced.text}`)
  return announced.json
}
