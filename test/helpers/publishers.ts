import type { AcknowledgedUpload, Ledger, ReleaseStage } from './ledger.ts'
import { type Answer, type Ask, digestOf, type PublishClient, publishClient } from './publish-client.ts'

/** The server was killed under a request: what it did is unknown, and nothing was acknowledged. */
class Gone extends Error {}

/** Random numbers that a failed run can be repeated with (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface PlannedFile {
  readonly fileName: string
  readonly bytes: Uint8Array<ArrayBuffer>
  uploadId: string | undefined
}

interface Job {
  readonly version: string
  readonly files: readonly PlannedFile[]
}

/** One publisher of a killed server: it goes on where it was when the server comes back. */
export interface Publisher {
  /** Works until the server is gone or `signal` fires. @throws Error on an answer that no server may give */
  work(url: string, signal: AbortSignal): Promise<void>
}

/** A body of up to 256 KiB; every fourth one is the same for all publishers, so that they meet at one blob. */
function body(random: () => number): Uint8Array<ArrayBuffer> {
  const shared = random() < 0.25
  const number = Math.floor(random() * (shared ? 4 : 2 ** 32))
  const length = shared ? 40_000 + number : 1 + Math.floor(random() ** 3 * 262_144)
  const bytes = new Uint8Array(length)
  const next = seeded(number)
  for (let at = 0; at < length; at += 16) bytes[at] = next() * 256
  return bytes
}

/** Asks and, when the server is gone, says so. */
async function alive(request: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  try {
    const answer = await request
    if (signal.aborted) throw new Gone()
    return answer
  } catch (error) {
    if (error instanceof Gone || signal.aborted || isConnectionError(error)) throw new Gone()
    throw error
  }
}

/** `fetch` rejects with a TypeError, and Bun with an error that has a code, when the connection breaks. */
function isConnectionError(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && 'code' in error)
}

/** Runs `work` again and again until the server is gone. */
async function untilGone(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    while (!signal.aborted) await work()
  } catch (error) {
    if (!(error instanceof Gone)) throw error
  }
}

type Call = (method: string, path: string, expected: readonly number[], ask?: Ask) => Promise<Answer>

function caller(ledger: Ledger, client: PublishClient, signal: AbortSignal): Call {
  return async (method, path, expected, ask) => {
    const answer = await alive(client.ask(method, `/api/v1${path}`, ask), signal)
    ledger.answers++
    if (expected.includes(answer.status)) return answer
    throw new Error(`${method} ${path} answered ${answer.status} instead of ${expected.join(' or ')}: ${answer.text}`)
  }
}

/** Sends the bytes from `offset` in up to three parts, noting each offset that is acknowledged. */
async function sendFrom(
  call: Call,
  id: string,
  upload: AcknowledgedUpload,
  bytes: Uint8Array<ArrayBuffer>,
  random: () => number,
  end = bytes.byteLength,
): Promise<void> {
  let offset = upload.offset
  do {
    const rest = end - offset
    const length = rest > 1 && random() < 0.6 ? Math.ceil(random() * rest) : rest
    const isLast = offset + length === bytes.byteLength
    const answer = await call('PATCH', `/uploads/${id}`, [isLast ? 200 : 204], {
      headers: {
        'Content-Type': 'application/partial-upload',
        'Upload-Offset': String(offset),
        'Upload-Complete': isLast ? '?1' : '?0',
      },
      raw: bytes.slice(offset, offset + length),
    })
    offset += length
    upload.offset = offset
    if (isLast) upload.isComplete = answer.json.state === 'complete'
  } while (offset < end)
}

function noteUpload(ledger: Ledger, bytes: Uint8Array, answer: Answer): AcknowledgedUpload {
  const { id, offset, state } = answer.json
  const upload: AcknowledgedUpload = {
    sizeBytes: bytes.byteLength,
    digest: digestOf(bytes),
    offset,
    isComplete: state === 'complete',
    mayEnd: false,
    mustHaveEnded: false,
  }
  ledger.uploads.set(id, upload)
  return upload
}

/** Publishes release after release of its app, announces each and moves its channel to it. */
export function releasePublisher(ledger: Ledger, app: string, token: string, random: () => number): Publisher {
  let number = 0
  let job: Job | undefined

  function nextJob(): Job {
    const files = Array.from({ length: random() < 0.3 ? 2 : 1 }, (_, i) => ({
      fileName: `file-${i}.bin`,
      bytes: body(random),
      uploadId: undefined,
    }))
    const version = `1.0.${++number}`
    ledger.contents.set(
      `${app} ${version}`,
      Object.fromEntries(files.map((file) => [file.fileName, digestOf(file.bytes)])),
    )
    return { version, files }
  }

  async function bring(call: Call, file: PlannedFile): Promise<string> {
    const known = file.uploadId === undefined ? undefined : ledger.uploads.get(file.uploadId)
    if (file.uploadId !== undefined && known) {
      if (known.isComplete) return file.uploadId
      // 410 for an upload without an acknowledged byte: there was nothing to keep.
      const head = await call('HEAD', `/uploads/${file.uploadId}`, known.offset > 0 ? [204] : [204, 410])
      if (head.status === 204) {
        const offset = Number(head.headers.get('upload-offset'))
        if (offset < known.offset)
          ledger.violations.push(`upload ${file.uploadId} went back from ${known.offset} to ${offset}`)
        known.offset = offset
        if (head.headers.get('upload-complete') === '?1') known.isComplete = true
        else await sendFrom(call, file.uploadId, known, file.bytes, random)
        return file.uploadId
      }
    }
    const opened = await call('POST', '/uploads', [200, 201], {
      body: { sizeBytes: file.bytes.byteLength, digest: digestOf(file.bytes), fileName: file.fileName },
    })
    const id: string = opened.json.id
    file.uploadId = id
    const upload = noteUpload(ledger, file.bytes, opened)
    if (!upload.isComplete) await sendFrom(call, id, upload, file.bytes, random)
    return id
  }

  function note(id: string, ref: string, stage: ReleaseStage): void {
    const known = ledger.releases.get(id)
    if (known) known.stage = stage
    else ledger.releases.set(id, { app, ref, stage })
  }

  async function run(call: Call, { version, files }: Job): Promise<void> {
    const releases = `/apps/${app}/releases`
    const found = await call('GET', `${releases}/${version}`, [200, 404])
    let id: string = found.json.id
    let state: string = found.json.state
    if (found.status === 404) {
      const drafted = await call('POST', releases, [200, 201], {
        body: { version },
        headers: { 'Idempotency-Key': `${app}-${version}` },
      })
      id = drafted.json.id
      note(id, version, 'drafted')
      for (const file of files) {
        const uploadId = await bring(call, file)
        await call('POST', `${releases}/${id}/artifacts`, [200, 201], { body: { uploadId, platform: 'linux' } })
      }
      const sealed = await call('POST', `${releases}/${id}/actions/publish`, [200])
      state = sealed.json.release.state
      if (sealed.json.release.id !== id)
        ledger.violations.push(`${app} ${version} was sealed twice: ${id} and ${sealed.json.release.id}`)
    }
    note(id, version, 'published')
    if (state === 'published') await call('POST', `${releases}/${id}/actions/announce`, [200])
    note(id, version, 'announced')
    const channel = `/apps/${app}/channels/beta`
    const current = await call('GET', channel, [200, 404])
    if (current.status === 200 && current.json.current === version) return
    const etag = current.headers.get('etag')
    await call('POST', `${channel}/actions/promote`, [200], {
      body: { release: version },
      headers: etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag },
    })
    ledger.moves.set(app, [...(ledger.moves.get(app) ?? []), version])
  }

  return {
    work: (url, signal) => {
      const call = caller(ledger, publishClient(url, token), signal)
      return untilGone(signal, async () => {
        job ??= nextJob()
        await run(call, job)
        job = undefined
      })
    },
  }
}

/** Replaces the file of the branch build `main` of its app again and again, half of the times with one request. */
export function branchPusher(ledger: Ledger, app: string, token: string, random: () => number): Publisher {
  const pushes: { readonly sent: string[]; acknowledged: number } = { sent: [], acknowledged: -1 }
  ledger.pushes.set(app, pushes)
  return {
    work: (url, signal) => {
      const call = caller(ledger, publishClient(url, token), signal)
      return untilGone(signal, async () => {
        const bytes = body(random)
        const slot = `/apps/${app}/branches/main/slots/linux-x64`
        const number = pushes.sent.length
        if (random() < 0.5) {
          pushes.sent.push(digestOf(bytes))
          const headers = { 'Content-Type': 'application/octet-stream' }
          await call('PUT', `${slot}?fileName=main.bin`, [200, 201], { headers, raw: bytes })
        } else {
          const opened = await call('POST', '/uploads', [200, 201], {
            body: { sizeBytes: bytes.byteLength, digest: digestOf(bytes), fileName: 'main.bin' },
          })
          const upload = noteUpload(ledger, bytes, opened)
          if (!upload.isComplete) await sendFrom(call, opened.json.id, upload, bytes, random)
          pushes.sent.push(digestOf(bytes))
          await call('PUT', slot, [200, 201], { body: { uploadId: opened.json.id } })
        }
        pushes.acknowledged = number
      })
    },
  }
}

/** Creates tokens that upload half a file, and revokes them: afterwards neither token nor upload may live. */
export function tokenRevoker(ledger: Ledger, token: string, random: () => number): Publisher {
  return {
    work: (url, signal) => {
      const admin = caller(ledger, publishClient(url, token), signal)
      return untilGone(signal, async () => {
        const created = await admin('POST', '/tokens', [201], { body: { name: 'short', actions: ['publish'] } })
        const { id, secret } = { id: created.json.token.id as string, secret: created.json.secret as string }
        const own = caller(ledger, publishClient(url, secret), signal)
        const bytes = body(random)
        const opened = await own('POST', '/uploads', [200, 201], {
          body: { sizeBytes: bytes.byteLength, digest: digestOf(bytes), fileName: 'half.bin' },
        })
        const upload = noteUpload(ledger, bytes, opened)
        const half = bytes.byteLength >> 1
        if (!upload.isComplete && half > 0) await sendFrom(own, opened.json.id, upload, bytes, random, half)
        upload.mayEnd = true
        await admin('DELETE', `/tokens/${id}`, [204])
        ledger.revokedTokens.set(id, { secret })
        upload.mustHaveEnded = !upload.isComplete
      })
    },
  }
}
