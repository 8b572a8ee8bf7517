import { connect } from 'node:net'

export interface Exchange {
  /** Everything that came back, Latin-1. */
  readonly text: string
  readonly closed: boolean
}

/** Sends bytes as they are and listens until the other end closes or is quiet for `quietMs`. */
export function exchange(port: number, bytes: string, quietMs: number): Promise<Exchange> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('latin1')
    const finish = (closed: boolean) => {
      clearTimeout(quiet)
      resolve({ text, closed })
      socket.destroy()
    }
    let quiet = setTimeout(() => finish(false), quietMs)
    socket.on('data', (chunk) => {
      text += chunk
      clearTimeout(quiet)
      quiet = setTimeout(() => finish(false), quietMs)
    })
    // A reset after the answer is a close, too; what had arrived by then counts.
    socket.on('error', () => finish(true))
    socket.on('end', () => finish(true))
    socket.on('close', () => finish(true))
    socket.write(bytes, 'latin1')
  })
}

export function statusesOf(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map((match) => match[1] ?? '')
}

export interface Answer {
  /** 0 when nothing came back. */
  readonly status: number
  readonly headers: Headers
  readonly head: string
  /** As it was sent: chunks are not put together. */
  readonly body: Buffer
  readonly closed: boolean
}

/** One request whose bytes ask for the connection to be closed, and all that came back. */
export async function receive(port: number, bytes: string): Promise<Answer> {
  const { text, closed } = await exchange(port, bytes, 5000)
  const end = text.indexOf('\r\n\r\n')
  const head = end === -1 ? '' : text.slice(0, end)
  const headers = new Headers()
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const body = Buffer.from(end === -1 ? '' : text.slice(end + 4), 'latin1')
  return { status: Number(statusesOf(head)[0] ?? 0), headers, head, body, closed }
}

/** The body of an answer, its chunks put together if it came in chunks. @throws Error when they are not framed rightly */
export function wholeBody({ headers, body }: Answer): Buffer {
  if (headers.get('transfer-encoding')?.toLowerCase() !== 'chunked') return body
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at)
    const line = body.toString('latin1', at, Math.max(end, at))
    const size = Number.parseInt(line, 16)
    if (!/^[0-9a-f]+$/i.test(line) || body.toString('latin1', end + 2 + size, end + 4 + size) !== '\r\n')
      throw new Error(`Cannot read the chunk at byte ${at}: it is framed wrongly`)
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(body.subarray(end + 2, end + 2 + size))
    at = end + 4 + size
  }
}

/** Waits for what must come true; the time is only there to end a test that fails. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
