import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { receive, type Answer as WireAnswer, wholeBody } from '../conformance/raw-http.ts'
import { runtimeName } from '../conformance/runtime-name.ts'
import { type ServedApp, serveTestApp } from '../helpers/served-app.ts'
import { release } from '../helpers/test-app.ts'
import { seededBytes } from '../suites/bodies.ts'

/** What a server takes of request line and header fields together. */
const MAX_HEADER_BYTES = 16 * 1024

/** Long enough for offsets of eight digits. */
const bytes = seededBytes(12_000_000)

let served: ServedApp

before(async () => {
  served = await serveTestApp()
  const token = (await served.issue({ actions: ['admin'] })).secret
  await served.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
  await release(served, token, 'notes', { version: '1.0.0' }, [{ fileName: 'notes.bin', bytes }])
})
after(() => served.close())

type Span = readonly [first: number, last: number]

/** `count` ranges of `length` bytes, each beginning `step` bytes behind the one before. */
const spansFrom = (first: number, count: number, length: number, step: number): Span[] =>
  Array.from({ length: count }, (_, i) => [first + i * step, first + i * step + length - 1] as const)

const requestOf = (spans: readonly Span[], padding = '') =>
  'GET /notes/releases/1.0.0/notes.bin HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n' +
  `Range: bytes=${spans.map(([first, last]) => `${first}-${last}`).join(',')}${padding}\r\n\r\n`

/** Request line and header fields of exactly `size` bytes; commas without a range are allowed (RFC 9110 §5.6.1). */
const requestOfSize = (spans: readonly Span[], size: number) =>
  requestOf(spans, ','.repeat(size - requestOf(spans).length))

const ask = (request: string) => receive(Number(new URL(served.url).port), request)

/** Every part stands where it should, with its Content-Range and its bytes, and nothing is between them. */
function assertParts(answer: WireAnswer, spans: readonly Span[]): void {
  assert.equal(answer.status, 206)
  const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(answer.headers.get('content-type') ?? '')?.[1]
  assert.ok(boundary !== undefined)
  const parts = spans.flatMap(([first, last], index) => [
    Buffer.from(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: application/octet-stream\r\n` +
        `Content-Range: bytes ${first}-${last}/${bytes.length}\r\n\r\n`,
    ),
    bytes.subarray(first, last + 1),
  ])
  const expected = Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--\r\n`)])
  // Bun sends streams in chunks, see test/suites/http-server-differences.ts.
  if (runtimeName !== 'bun') assert.equal(answer.headers.get('content-length'), String(expected.length))
  assert.ok(wholeBody(answer).equals(expected))
}

test(`1,000 ranges with offsets of seven digits come through the server on ${runtimeName}`, async () => {
  const spans = spansFrom(1_000_000, 1000, 700, 2000)
  assert.ok(requestOf(spans).length <= MAX_HEADER_BYTES)
  assertParts(await ask(requestOf(spans)), spans)
})

test(`as many ranges as fit into 16 KiB of header come through the server on ${runtimeName}`, async () => {
  const all = spansFrom(10_000_000, 1000, 700, 1000)
  let count = all.length
  while (requestOf(all.slice(0, count)).length > MAX_HEADER_BYTES) count -= 1
  const spans = all.slice(0, count)
  assert.ok(count > 890 && count < 1000, `${count} fit`)
  assertParts(await ask(requestOfSize(spans, MAX_HEADER_BYTES)), spans)
})

/** Deno's parser takes longer header sections, see test/vectors/http-differences.ts: there parseRange() reads no list. */
const tooLong = runtimeName === 'deno' ? 'are answered with the whole file' : 'are refused with 431'

test(`1,000 ranges that do not fit into 16 KiB of header ${tooLong} by the server on ${runtimeName}`, async () => {
  const request = requestOf(spansFrom(10_000_000, 1000, 700, 1000))
  assert.ok(request.length > MAX_HEADER_BYTES + 1024)
  const answer = await ask(request)
  if (runtimeName === 'deno') {
    assert.equal(answer.status, 200)
    assert.ok(answer.body.equals(bytes))
  } else assert.equal(answer.status, 431)
})
