import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { z } from 'zod'
import { DistError, type ErrorCode } from '../src/errors.ts'
import { Client, type ClientOptions } from './client.ts'
import { Secret } from './secret.ts'

const TOKEN = `distp_${'a1B2'.repeat(12)}`
const Thing = z.object({ name: z.string() })

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void

async function listen(t: TestContext, handler: Handler): Promise<{ url: URL; count: () => number }> {
  let count = 0
  const server = createServer((request, response) => {
    request.resume()
    handler(request, response, ++count)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), count: () => count }
}

/** A client that does not really wait; `waits` are the milliseconds it would have. */
function clientOf(url: URL, options: Partial<ClientOptions> = {}): { client: Client; waits: number[] } {
  const waits: number[] = []
  const client = new Client({
    server: url,
    token: new Secret(TOKEN),
    retries: 5,
    signal: new AbortController().signal,
    sleep: async (ms) => void waits.push(ms),
    ...options,
  })
  return { client, waits }
}

function json(response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}

function problem(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  const document = { type: 'about:blank', title: 'T', status, detail: 'because', code, requestId: 'req_1' }
  json(response, document, status, headers)
}

function code(expected: ErrorCode, hint?: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof DistError, inspect(error))
    assert.equal(error.code, expected, error.message)
    if (hint) assert.match(error.hint ?? '', hint)
    return true
  }
}

test('Client sends the credential and parses the answer with its schema', async (t) => {
  const seen: IncomingMessage[] = []
  const { url } = await listen(t, (request, response) => {
    seen.push(request)
    json(response, { name: 'x', more: 1 })
  })
  const { client } = clientOf(url)
  assert.deepEqual(await client.get(Thing, '/apps/x'), { name: 'x' })
  assert.equal(seen[0]?.url, '/api/v1/apps/x')
  assert.equal(seen[0]?.headers.authorization, `Bearer ${TOKEN}`)
})

test('Client works below a path prefix', async (t) => {
  const urls: (string | undefined)[] = []
  const { url } = await listen(t, (request, response) => {
    urls.push(request.url)
    json(response, { name: 'x' })
  })
  await clientOf(new URL('/sub/dist', url)).client.get(Thing, '/apps/x')
  assert.deepEqual(urls, ['/sub/dist/api/v1/apps/x'])
})

test('Client repeats 5xx with growing waits until it works', async (t) => {
  const { url, count } = await listen(t, (_request, response, n) => {
    if (n <= 3) response.writeHead(502).end('<html>bad gateway</html>')
    else json(response, { name: 'x' })
  })
  const { client, waits } = clientOf(url)
  assert.deepEqual(await client.get(Thing, '/x'), { name: 'x' })
  assert.equal(count(), 4)
  assert.equal(waits.length, 3)
  for (const [i, ms] of waits.entries()) assert.ok(ms >= 250 * 2 ** i && ms <= 500 * 2 ** i, `${ms}`)
})

test('Client gives up after the configured repetitions with server.unavailable', async (t) => {
  const { url, count } = await listen(t, (_request, response) => problem(response, 500, 'server.failed'))
  await assert.rejects(clientOf(url, { retries: 2 }).client.get(Thing, '/x'), code('server.unavailable'))
  assert.equal(count(), 3)
})

test('Client honours Retry-After', async (t) => {
  const { url } = await listen(t, (_request, response, n) => {
    if (n === 1) problem(response, 429, 'upload.too_many', { 'retry-after': '7' })
    else json(response, { name: 'x' })
  })
  const { client, waits } = clientOf(url)
  await client.get(Thing, '/x')
  assert.deepEqual(waits, [7000])
})

test('Client does not repeat what cannot pass', async (t) => {
  for (const [status, name] of [
    [404, 'app.not_found'],
    [409, 'app.exists'],
    [403, 'access.denied'],
    [501, 'feature.later'],
    [500, 'audit.broken'],
  ] as const) {
    const { url, count } = await listen(t, (_request, response) => problem(response, status, name))
    await assert.rejects(clientOf(url).client.get(Thing, '/x'), code(name))
    assert.equal(count(), 1, name)
  }
})

test('Client sends one idempotency key with all attempts of a creation', async (t) => {
  const keys: unknown[] = []
  const { url } = await listen(t, (request, response, n) => {
    keys.push(request.headers['idempotency-key'])
    if (n === 1) request.socket.destroy()
    else json(response, { name: 'x' }, 201)
  })
  const { client } = clientOf(url)
  await client.post(Thing, '/x', {})
  await client.post(Thing, '/x', {})
  assert.equal(keys.length, 3)
  assert.equal(keys[0], keys[1])
  assert.notEqual(keys[1], keys[2])
  assert.match(String(keys[0]), /^[0-9a-f-]{36}$/)
})

test('Client calls answers that are not of distd nonsense', async (t) => {
  const answers: Handler[] = [
    (_request, response) => void response.end('<html>login</html>'),
    (_request, response) => void response.end(''),
    (_request, response) => json(response, { title: 'no name' }),
    (_request, response) => json(response, [1]),
    (_request, response) => void response.writeHead(404).end('not here'),
    (_request, response) => void response.end(new Uint8Array([0xff, 0xfe, 0x00])),
  ]
  for (const answer of answers) {
    const { url } = await listen(t, answer)
    await assert.rejects(clientOf(url).client.get(Thing, '/x'), code('server.nonsense'))
  }
})

test('Client explains a proxy that refuses bodies', async (t) => {
  const { url } = await listen(t, (_request, response) => void response.writeHead(413).end('too large'))
  await assert.rejects(clientOf(url).client.post(Thing, '/x', {}), code('server.nonsense', /proxy/))
})

test('Client takes no answer that is not UTF-8, whatever its status, and puts nothing in its place', async (t) => {
  const broken = (text: string) => {
    const [start, end] = text.split('?')
    return Buffer.concat([Buffer.from(start!), Buffer.of(0xc3, 0x28), Buffer.from(end!)])
  }
  const document = JSON.stringify({ type: 'about:blank', title: 'T', detail: '?', requestId: 'req_1' })
  const refusal = (status: number, code: string) =>
    broken(document.replace('{', `{"status":${status},"code":"${code}",`))
  const named = await listen(t, (_request, response) => void response.end(broken('{"name":"?"}')))
  await assert.rejects(clientOf(named.url).client.get(Thing, '/x'), code('server.nonsense'))
  assert.equal(named.count(), 1)

  const refusing = await listen(t, (_request, response) => {
    response.writeHead(409, { 'content-type': 'application/problem+json' })
    response.end(refusal(409, 'release.conflict'))
  })
  await assert.rejects(clientOf(refusing.url).client.post(Thing, '/x', {}), code('server.nonsense'))
  async function* chunks() {
    yield new Uint8Array(10)
  }
  const bytes = { method: 'PATCH', headers: {}, sizeBytes: 10, chunks: chunks() } as const
  await assert.rejects(clientOf(refusing.url).client.sendBytes('/uploads/x', bytes), code('server.nonsense'))

  // A proxy may say in any encoding that the server is down: that is still no more than that.
  const down = await listen(t, (_request, response) => {
    response.writeHead(502, { 'content-type': 'text/html; charset=iso-8859-1' })
    response.end(Buffer.from('<h1>D\u00e9sol\u00e9</h1>', 'latin1'))
  })
  await assert.rejects(clientOf(down.url, { retries: 1 }).client.get(Thing, '/x'), code('server.unavailable'))
  assert.equal(down.count(), 2)
})

test('Client stops at a server that answers nothing, closes, or is not there', async (t) => {
  const silent = await listen(t, () => {})
  await assert.rejects(
    clientOf(silent.url, { retries: 1, timeoutMs: 100 }).client.get(Thing, '/x'),
    code('server.unreachable'),
  )
  assert.equal(silent.count(), 2)
  const closing = await listen(t, (request) => void request.socket.destroy())
  await assert.rejects(clientOf(closing.url, { retries: 1 }).client.get(Thing, '/x'), code('server.unreachable'))
  const half = await listen(t, (request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"name"')
    setTimeout(() => request.socket.destroy(), 20)
  })
  await assert.rejects(clientOf(half.url, { retries: 1 }).client.get(Thing, '/x'), code('server.unreachable'))
  await assert.rejects(
    clientOf(new URL('http://127.0.0.1:9/'), { retries: 0 }).client.get(Thing, '/x'),
    code('server.unreachable'),
  )
})

test('Client never carries the credential to another origin', async (t) => {
  const seen: (string | undefined)[] = []
  const other = await listen(t, (request, response) => {
    seen.push(request.headers.authorization)
    json(response, { name: 'x' })
  })
  const { url } = await listen(t, (request, response) => {
    const location = request.url === '/file' ? new URL('/bytes', other.url).href : `${other.url}api/v1/x`
    response.writeHead(307, { location }).end()
  })
  const { client } = clientOf(url)
  await assert.rejects(client.get(Thing, '/x'), code('server.nonsense', /--server http:\/\/127/))
  await assert.rejects(client.post(Thing, '/x', {}), code('server.nonsense'))
  assert.deepEqual(seen, [])
  const response = await client.download('/file')
  assert.deepEqual(await response.json(), { name: 'x' })
  assert.deepEqual(seen, [undefined])
})

test('Client follows redirects within the origin, and not for ever', async (t) => {
  const { url, count } = await listen(t, (request, response) => {
    if (request.url === '/api/v1/x') response.writeHead(308, { location: '/api/v1/y' }).end()
    else if (request.url === '/api/v1/y') json(response, { name: String(request.headers.authorization) })
    else response.writeHead(302, { location: '/api/v1/loop' }).end()
  })
  const { client } = clientOf(url)
  assert.deepEqual(await client.get(Thing, '/x'), { name: `Bearer ${TOKEN}` })
  await assert.rejects(client.get(Thing, '/loop'), code('server.nonsense'))
  assert.ok(count() < 12)
})

test('Client has at most ten requests under way', async (t) => {
  let active = 0
  let most = 0
  const { url, count } = await listen(t, (_request, response) => {
    most = Math.max(most, ++active)
    setTimeout(() => {
      active--
      json(response, { name: 'x' })
    }, 15)
  })
  const { client } = clientOf(url)
  await Promise.all(Array.from({ length: 40 }, () => client.get(Thing, '/x')))
  assert.equal(count(), 40)
  assert.equal(most, 10)
})

test('Client ends at once when it is interrupted, with the reason', async (t) => {
  const { url } = await listen(t, () => {})
  const interrupt = new AbortController()
  const { client } = clientOf(url, { signal: interrupt.signal })
  const pending = client.get(Thing, '/x')
  setTimeout(() => interrupt.abort(new DistError('interrupted')), 20)
  await assert.rejects(pending, code('interrupted'))
})

test('Client shows its token nowhere', async (t) => {
  const lines: string[] = []
  const { url } = await listen(t, (_request, response, n) => {
    if (n === 1) problem(response, 503, 'server.unavailable')
    else problem(response, 403, 'access.denied')
  })
  const { client } = clientOf(url, { log: (line) => lines.push(line) })
  const error = await client.get(Thing, '/x').catch((e: unknown) => e)
  assert.ok(lines.length >= 2)
  const shown = [
    inspect(client, { depth: 10, showHidden: true }),
    String(client),
    JSON.stringify(client),
    inspect(error),
    ...lines,
  ]
  for (const text of shown) assert.ok(!text.includes(TOKEN), text)
})

test('Client sends bytes with a known length and reports a stalled receiver', async (t) => {
  const heads: (string | undefined)[] = []
  const { url } = await listen(t, (request, response) => {
    heads.push(request.headers['content-length'])
    request.on('end', () => json(response, { name: 'done' }))
  })
  async function* chunks() {
    yield new Uint8Array(1000)
    yield new Uint8Array(24)
  }
  const progress: number[] = []
  const answer = await clientOf(url).client.sendBytes('/uploads/x', {
    method: 'PATCH',
    headers: {},
    sizeBytes: 1024,
    chunks: chunks(),
    onProgress: (sent) => progress.push(sent),
  })
  assert.equal(answer.status, 200)
  assert.deepEqual(heads, ['1024'])
  assert.deepEqual(progress, [1000, 1024])

  const silent = await listen(t, () => {})
  const stalled = clientOf(silent.url, { stallMs: 100 }).client
  const body = { method: 'PATCH', headers: {}, sizeBytes: 1024, chunks: chunks() } as const
  await assert.rejects(stalled.sendBytes('/uploads/x', body), code('server.unreachable'))
})

test('Client gives the refusal of an upload that was not read to its end', async (t) => {
  const server = createServer((_request, response) =>
    problem(response, 409, 'upload.offset_mismatch', { 'upload-offset': '5' }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  async function* chunks() {
    for (let i = 0; i < 256; i++) yield new Uint8Array(128 << 10)
  }
  const body = { method: 'PATCH', headers: {}, sizeBytes: 32 << 20, chunks: chunks() } as const
  const error = await clientOf(url)
    .client.sendBytes('/uploads/x', body)
    .catch((e: unknown) => e)
  assert.ok(error instanceof DistError, inspect(error))
  assert.equal(error.code, 'upload.offset_mismatch', error.message)
  assert.equal(error.headers?.['upload-offset'], '5')
})
