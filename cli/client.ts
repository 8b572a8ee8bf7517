import type { z } from 'zod'
import { decodeUtf8 } from '../src/bytes/utf8.ts'
import { DistError, isErrorCode } from '../src/errors.ts'
import { PageOf } from '../src/model/page.ts'
import { Problem } from '../src/model/problem.ts'
import { VERSION } from '../src/version.ts'
import { mayRetry, retryDelayMs } from './retry.ts'
import type { Secret } from './secret.ts'
import { Slots } from './slots.ts'
import { type BytesAnswer, sendBytes } from './upload/send-bytes.ts'

/** Requests under way at a time: more would not be faster and would starve others of a small server. */
const MAX_PARALLEL = 10
/** A JSON answer is smaller than this; a larger one is not from distd. Bytes. */
const MAX_ANSWER_BYTES = 32 << 20
const MAX_REDIRECTS = 5
const SMALL_TIMEOUT_MS = 30_000
/** An upload that moves no byte for so long is dead. */
const STALL_MS = 120_000

export interface ClientOptions {
  readonly server: URL
  readonly token: Secret | undefined
  /** Repetitions after the first attempt. */
  readonly retries: number
  readonly signal: AbortSignal
  /** One line per request, without credentials. */
  readonly log?: ((line: string) => void) | undefined
  /** Milliseconds that a small request may take in all; 30 s by default. */
  readonly timeoutMs?: number
  /** Milliseconds without progress after which an upload counts as cut; 120 s by default. */
  readonly stallMs?: number
  /** Waits; replaced by tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface RequestOptions {
  /** Sent as JSON. */
  readonly json?: unknown
  /** Names of headers in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as `Idempotency-Key`; a POST without one gets a random one, so that a repetition creates nothing twice. */
  readonly idempotencyKey?: string
}

export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  readonly value: T
}

export interface DownloadOptions {
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
}

/** Bytes on their way to the server, for one attempt. */
export interface SendBytes {
  readonly method: 'PATCH' | 'PUT'
  /** Names in lower case, without `content-length`. */
  readonly headers: Readonly<Record<string, string>>
  readonly sizeBytes: number
  readonly chunks: AsyncIterable<Uint8Array>
  /** Called with the bytes handed to the connection so far. */
  readonly onProgress?: ((sentBytes: number) => void) | undefined
}

/**
 * HTTP client of one distd server.
 *
 * Every answer is parsed with the schema of its noun: what does not fit is `server.nonsense`. Failures that may pass are
 * repeated (see `retry.ts`); the credential goes to the configured origin alone.
 */
export class Client {
  readonly server: URL
  readonly signal: AbortSignal
  readonly #token: Secret | undefined
  readonly #options: ClientOptions
  readonly #slots = new Slots(MAX_PARALLEL)

  constructor(options: ClientOptions) {
    this.server = options.server
    this.signal = options.signal
    this.#token = options.token
    this.#options = options
  }

  get hasToken(): boolean {
    return this.#token !== undefined
  }

  get retries(): number {
    return this.#options.retries
  }

  get<T>(schema: z.ZodType<T>, path: string): Promise<T> {
    return this.request(schema, 'GET', path).then((answer) => answer.value)
  }

  post<T>(schema: z.ZodType<T>, path: string, json: unknown, options: RequestOptions = {}): Promise<T> {
    return this.request(schema, 'POST', path, { ...options, json }).then((answer) => answer.value)
  }

  patch<T>(schema: z.ZodType<T>, path: string, json: unknown, options: RequestOptions = {}): Promise<T> {
    return this.request(schema, 'PATCH', path, { ...options, json }).then((answer) => answer.value)
  }

  /** For routes that answer 204. */
  async send(method: Method, path: string, options: RequestOptions = {}): Promise<Answer<undefined>> {
    const response = await this.#repeated(method, path, options)
    return { status: response.status, headers: response.headers, value: undefined }
  }

  /** All items of a list, page after page. @param path may have a query */
  async *list<T>(schema: z.ZodType<T>, path: string): AsyncGenerator<T> {
    const page = PageOf(schema)
    let cursor: string | null = null
    do {
      const query: string =
        cursor === null ? '' : `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`
      const { items, nextCursor }: { items: T[]; nextCursor: string | null } = await this.get(page, path + query)
      yield* items
      if (nextCursor !== null && nextCursor === cursor) throw nonsense('a list that never ends', path)
      cursor = nextCursor
    } while (cursor !== null)
  }

  /**
   * A request with a JSON answer.
   * @param path below `/api/v1`, e.g. `/apps/notes`; segments are already encoded, see {@link segment}
   * @throws DistError the server's own code, `server.unreachable`, `server.unavailable`, `server.nonsense`
   */
  async request<T>(
    schema: z.ZodType<T>,
    method: Method,
    path: string,
    options: RequestOptions = {},
  ): Promise<Answer<T>> {
    const response = await this.#repeated(method, path, options)
    const parsed = schema.safeParse(parseJson(response.body, path))
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      throw nonsense(`an answer of the wrong shape (${issue?.path.join('.') || 'document'}: ${issue?.message})`, path)
    }
    return { status: response.status, headers: response.headers, value: parsed.data }
  }

  /**
   * Opens a download and gives the response unread; statuses of success (200, 206, 304) only. Other origins are
   * followed to, without the credential.
   * @param target URL or path of this server, e.g. `/notes/latest/notes.apk`
   */
  async download(target: string | URL, options: DownloadOptions = {}): Promise<Response> {
    const url = typeof target === 'string' ? this.#resolve(target) : target
    return this.#attempts(async () => {
      const response = await this.#follow(
        url,
        { method: options.method ?? 'GET', headers: { ...options.headers } },
        true,
      )
      if (response.ok || response.status === 304) return response
      throw this.#failure(await whole(response), url.pathname)
    })
  }

  /**
   * One attempt to send bytes: no repetition, which is the caller's to decide, and no time limit but a stall's.
   * @throws DistError the server's own code, `server.unreachable` when the connection ends or stalls
   */
  async sendBytes(target: string | URL, bytes: SendBytes): Promise<BytesAnswer> {
    const url = typeof target === 'string' ? this.#api(target) : target
    if (url.origin !== this.server.origin) throw nonsense('an upload address of another origin', url.pathname)
    return this.#slots.use(async () => {
      this.signal.throwIfAborted()
      const headers: Record<string, string> = { ...bytes.headers, 'user-agent': `dist/${VERSION}` }
      if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token.reveal()}`
      const tell = this.#stopwatch(bytes.method, url)
      try {
        const answer = await sendBytes(url, {
          ...bytes,
          headers,
          signal: this.signal,
          stallMs: this.#options.stallMs ?? STALL_MS,
        })
        tell(String(answer.status))
        if (answer.status >= 300 && answer.status < 400) throw redirected(url, answer.headers)
        if (answer.status >= 400) throw this.#failure(answer, url.pathname)
        return answer
      } catch (error) {
        if (!(error instanceof DistError)) tell(reasonOf(error))
        throw this.#connectionError(url, error)
      }
    })
  }

  /** Waits before attempt number `attempt + 1` the way all requests do. */
  async backOff(attempt: number, retryAfter: string | null = null): Promise<void> {
    const sleep = this.#options.sleep ?? wait
    await sleep(retryDelayMs(attempt, Math.random(), retryAfter, Date.now()), this.signal)
  }

  #repeated(method: Method, path: string, options: RequestOptions): Promise<BytesAnswer> {
    // One key for all attempts: a repetition of a lost answer gives the same answer.
    const idempotencyKey = options.idempotencyKey ?? (method === 'POST' ? crypto.randomUUID() : undefined)
    const keyed = idempotencyKey === undefined ? options : { ...options, idempotencyKey }
    return this.#attempts(() => this.#small(method, path, keyed))
  }

  async #small(method: Method, path: string, options: RequestOptions): Promise<BytesAnswer> {
    const url = this.#api(path)
    const headers: Record<string, string> = { accept: 'application/json', ...options.headers }
    const init: RequestInit = { method, headers }
    if (options.json !== undefined) {
      headers['content-type'] = 'application/json'
      init.body = JSON.stringify(options.json)
    }
    if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey
    return this.#slots.use(async () => {
      const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? SMALL_TIMEOUT_MS)
      const response = await this.#follow(url, { ...init, signal: AbortSignal.any([this.signal, timeout]) }, false)
      let answer: BytesAnswer
      try {
        answer = await whole(response)
      } catch (error) {
        throw this.#connectionError(url, error)
      }
      if (!response.ok) throw this.#failure(answer, path)
      return answer
    })
  }

  /** Follows redirects within the origin, and to others only for downloads and then without the credential. */
  async #follow(url: URL, init: RequestInit, toOthers: boolean): Promise<Response> {
    let target = url
    for (let hops = 0; ; hops++) {
      const response = await this.#fetch(target, init)
      if (![301, 302, 303, 307, 308].includes(response.status)) return response
      const next = URL.parse(response.headers.get('location') ?? '', target)
      await response.body?.cancel()
      const same = next?.origin === this.server.origin
      const harmless = init.method === 'GET' || init.method === 'HEAD'
      const downgrade = target.protocol === 'https:' && next?.protocol !== 'https:'
      if (!next || hops >= MAX_REDIRECTS || !harmless || downgrade || (!same && !toOthers))
        throw redirected(target, response.headers)
      target = next
    }
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    this.signal.throwIfAborted()
    const headers = new Headers(init.headers)
    headers.set('user-agent', `dist/${VERSION}`)
    if (this.#token !== undefined && url.origin === this.server.origin) {
      headers.set('authorization', `Bearer ${this.#token.reveal()}`)
    }
    const tell = this.#stopwatch(init.method ?? 'GET', url)
    try {
      const response = await fetch(url, { signal: this.signal, ...init, headers, redirect: 'manual' })
      tell(`${response.status} ${response.headers.get('x-request-id') ?? '-'}`)
      return response
    } catch (error) {
      tell(reasonOf(error))
      throw this.#connectionError(url, error)
    }
  }

  /** A function that logs how a request ended and how long it took. */
  #stopwatch(method: string, url: URL): (what: string) => void {
    const started = performance.now()
    return (what) => {
      const ms = Math.round(performance.now() - started)
      this.#options.log?.(`${method} ${url.origin}${url.pathname} ${what} ${ms} ms`)
    }
  }

  #connectionError(url: URL, cause: unknown): unknown {
    if (this.signal.aborted) return this.signal.reason
    if (cause instanceof DistError) return cause
    return new DistError('server.unreachable', `Cannot reach ${url.origin}: ${reasonOf(cause)}`, { cause })
  }

  /** What the server said was wrong. */
  #failure(response: BytesAnswer, path: string): DistError {
    const problem = Problem.safeParse(safeJson(response.body))
    const headers: Record<string, string> = {}
    for (const name of ['retry-after', 'upload-offset']) {
      const value = response.headers.get(name)
      if (value !== null) headers[name] = value
    }
    // A HEAD has no body to say more with.
    if (!problem.success) return new HttpFailure(statusError(response.status, path), response.status, headers)
    const { code, detail, title, hint, details, requestId } = problem.data
    const known = isErrorCode(code)
    const extra = { ...(hint === undefined ? {} : { hint }), details: known ? details : { code, details } }
    const base =
      code === 'route.not_found'
        ? this.#noRoute(path)
        : new DistError(known ? code : codeOfStatus(response.status), detail || title, extra)
    this.#options.log?.(`${code} ${requestId}`)
    return new HttpFailure(base, response.status, headers)
  }

  /** A distd answered, but not below this address: another path is in front of it, or none should be. */
  #noRoute(path: string): DistError {
    const folder = this.server.pathname.replace(/\/$/, '')
    const hint =
      folder === ''
        ? 'Check DIST_SERVER or --server; a server older than this dist may not know this URL'
        : `Check DIST_SERVER or --server: should it be ${this.server.origin} without ${folder}?`
    const url = path.startsWith(`${folder}/api/v1/`) ? `${this.server.origin}${path}` : this.#api(path).href
    return new DistError('route.not_found', `There is nothing at ${url}`, { hint })
  }

  async #attempts<T>(attempt: () => Promise<T>): Promise<T> {
    for (let i = 0; ; i++) {
      try {
        return await attempt()
      } catch (error) {
        if (i >= this.#options.retries || !isPassing(error)) throw finalError(error)
        await this.backOff(i, error instanceof HttpFailure ? (error.headers?.['retry-after'] ?? null) : null)
      }
    }
  }

  #api(path: string): URL {
    return new URL(`${this.server.href.replace(/\/$/, '')}/api/v1${path}`)
  }

  #resolve(path: string): URL {
    return new URL(`${this.server.href.replace(/\/$/, '')}${path}`)
  }
}

/** A DistError that remembers how the server said it. */
export class HttpFailure extends DistError {
  readonly status: number
  constructor(error: DistError, status: number, headers: Readonly<Record<string, string>>) {
    super(error.code, error.message, {
      details: error.details,
      headers,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
    this.status = status
  }
}

/** Whether a failure may pass when the request is repeated. */
export function isPassing(error: unknown): boolean {
  if (error instanceof HttpFailure) return mayRetry(error.status, error.code)
  return error instanceof DistError && error.code === 'server.unreachable'
}

/** One segment of a path: everything but unreserved characters is encoded, `+` too. */
export function segment(text: string): string {
  return encodeURIComponent(text)
}

/** A broken server that we gave up on is "unavailable" to a script, exit 8, not a bug of ours. */
function finalError(error: unknown): unknown {
  if (!(error instanceof HttpFailure) || error.code !== 'server.failed') return error
  const plain = new DistError('server.unavailable', error.message, { details: error.details })
  return new HttpFailure(plain, error.status, error.headers ?? {})
}

function codeOfStatus(
  status: number,
): 'access.unauthenticated' | 'access.denied' | 'server.unavailable' | 'request.invalid' {
  if (status === 401) return 'access.unauthenticated'
  if (status === 403) return 'access.denied'
  return status >= 500 ? 'server.unavailable' : 'request.invalid'
}

/** What an error without a problem document means: something between us and distd answered, or the server is down. */
function statusError(status: number, path: string): DistError {
  if (status >= 500 || status === 429 || status === 408) {
    return new DistError('server.unavailable', `Cannot use the server: it answered ${status} for ${path}`)
  }
  if (status === 413) {
    return new DistError(
      'server.nonsense',
      `Cannot send to the server: something in front of it answered 413 for ${path}`,
      {
        hint: 'Raise the limit for request bodies of the proxy to 32 MiB or more',
      },
    )
  }
  return nonsense(`status ${status} without a problem document`, path)
}

function nonsense(what: string, path: string): DistError {
  return new DistError('server.nonsense', `Cannot understand the server: it gave ${what} for ${path}`)
}

function redirected(from: URL, headers: Headers): DistError {
  const location = URL.parse(headers.get('location') ?? '', from)
  const hint =
    location && location.origin !== from.origin
      ? `Pass the final address of the server: --server ${location.origin}`
      : 'Check --server: a proxy or another program may be answering'
  return new DistError(
    'server.nonsense',
    `Cannot follow the redirect of ${from.origin}${from.pathname} with a credential`,
    {
      hint,
    },
  )
}

function parseJson(body: Uint8Array, path: string): unknown {
  if (body.byteLength === 0) throw nonsense('an empty answer', path)
  let text: string
  try {
    text = decodeUtf8(body)
  } catch {
    throw nonsense('an answer that is not UTF-8', path)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw nonsense('an answer that is not JSON', path)
  }
}

/** Undefined for what is no JSON in UTF-8: the error page of a proxy may be anything. */
function safeJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(body))
  } catch {
    return undefined
  }
}

async function whole(response: Response): Promise<BytesAnswer> {
  return { status: response.status, headers: response.headers, body: await boundedBody(response) }
}

/** @throws DistError server.nonsense when more than {@link MAX_ANSWER_BYTES} arrive */
async function boundedBody(response: Response): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > MAX_ANSWER_BYTES) throw nonsense('an answer of more than 32 MiB', new URL(response.url).pathname)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Why a connection failed, in a few words: `ECONNREFUSED`, `timed out`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'timed out'
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return code
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
