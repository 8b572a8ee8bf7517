import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { exchange, receive, statusesOf, until, wholeBody } from '../conformance/raw-http.ts'
import {
  CLOSE,
  closed,
  collect,
  descriptorsOf,
  fileResponse,
  HOST,
  LIMIT_MS,
  open,
  pathOf,
  type ServerFixture,
  sleep,
  stoppedWithStuck,
  streamOfTen,
} from './server-fixture.ts'

/** What a server does instead of a case of http-server.ts, and why it is left so. */
export interface ServerDifference {
  readonly does: string
  readonly reason: string
  /** Fails when the server does what the case asks, so that no row outlives its truth. */
  readonly run: (fixture: ServerFixture) => Promise<void>
}

/** Three times the limit that the case sets. */
const DENO_MS = 1800

const NO_CONNECTION_LIMIT = 'it has no such limit; the limit of open files is the limit, which it outlives'
const NO_IDLE_LIMIT = 'it has no idle limit; put a proxy in front'

/** Twenty requests that are never answered reach the product, and another is still answered. */
async function takesAll({ start, logged }: ServerFixture): Promise<void> {
  let reached = 0
  const { port } = await start(
    (request) => {
      if (pathOf(request) === '/other') return new Response('other')
      reached += 1
      return new Promise<Response>(() => {})
    },
    { maxConnections: 5 },
  )
  const busy = Array.from({ length: 20 }, () => open(port, `GET / HTTP/1.1\r\n${HOST}\r\n`))
  await until('all to be taken', () => reached === 20)
  assert.equal((await receive(port, `GET /other HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).body.toString(), 'other')
  assert.equal(busy.filter((socket) => socket.destroyed).length, 0)
  assert.deepEqual(logged, [])
  for (const socket of busy) socket.destroy()
}

/**
 * Where Bun and Deno do otherwise than a case of http-server.ts, by the name of the case: these run in its place. No
 * case is skipped. Answers to hostile framing are in test/vectors/http-differences.ts.
 */
export const serverDifferences: Readonly<Record<'node' | 'bun' | 'deno', Readonly<Record<string, ServerDifference>>>> =
  {
    node: {},
    bun: {
      'answers pipelined requests in their order': {
        does: 'closes a connection on which a request comes before the last one is answered',
        reason: 'no client of the product pipelines, and who does sends again what was not answered (RFC 9112 §9.3.2)',
        run: async ({ start }) => {
          const { port } = await start(async (request) => {
            await sleep(50)
            return new Response(`<${pathOf(request)}>`)
          })
          const get = (path: string) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n`
          const { text, closed } = await exchange(port, get('/0') + get('/1'), 5000)
          assert.ok(closed)
          assert.doesNotMatch(text, /<\/1>/)
          assert.equal((await receive(port, `GET /2 HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).body.toString(), '</2>')
        },
      },
      'sends a stream with the length that the product says': {
        does: 'sends a stream in chunks and without its length',
        reason: 'it frames every stream so; stored files and texts are no streams, several ranges of a file are one',
        run: async ({ start }) => {
          const { port } = await start(() => new Response(streamOfTen(), { headers: { 'content-length': '10' } }))
          const answer = await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
          assert.equal(answer.headers.get('content-length'), null)
          assert.equal(wholeBody(answer).toString(), '0123456789')
        },
      },
      'takes a body that moves for as long as it moves': {
        does: 'ends a body that was not kept open after the limit of the exchange, moving or not',
        reason: 'its clock of a connection does not see the body move; uploads are kept open and have their own rule',
        run: async ({ start }) => {
          let isBroken = false
          const { port } = await start(
            async (request) => {
              await request.text().catch(() => {
                isBroken = true
              })
              return new Response('read')
            },
            { limits: { exchangeMs: LIMIT_MS } },
          )
          const socket = open(port, `PUT / HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: 1000\r\n\r\n`)
          const text = collect(socket)
          const feeding = setInterval(() => {
            if (!socket.destroyed) socket.write('a')
          }, 100)
          await closed(socket)
          clearInterval(feeding)
          assert.equal(text(), '')
          await until('the product to see it', () => isBroken)
        },
      },
      'holds no more than maxConnections': {
        does: 'takes more connections than maxConnections',
        reason: NO_CONNECTION_LIMIT,
        run: takesAll,
      },
    },
    deno: {
      'ends a body that stands still, but not one that is kept open': {
        does: 'waits for a body that stands still, kept open or not',
        reason: NO_IDLE_LIMIT,
        run: async ({ start }) => {
          const { port } = await start(async (request) => new Response(await request.text()), {
            limits: { stalledMs: 500, keepAliveMs: 500, exchangeMs: 500 },
          })
          const socket = open(port, `PUT / HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: 3\r\n\r\n`)
          const text = collect(socket)
          await sleep(DENO_MS)
          assert.equal(socket.destroyed, false)
          socket.write('abc')
          await closed(socket)
          assert.match(text(), /^HTTP\/1.1 200 [\s\S]*abc$/)
        },
      },
      'ends a connection between requests after its time, also after a body that was kept open': {
        does: 'keeps a connection between requests',
        reason: NO_IDLE_LIMIT,
        run: async ({ start }) => {
          const { port } = await start(() => new Response('ok'), { limits: { stalledMs: 500, keepAliveMs: 500 } })
          const get = `GET / HTTP/1.1\r\n${HOST}`
          const socket = open(port, `${get}\r\n`)
          const text = collect(socket)
          await until('the first answer', () => statusesOf(text()).length === 1)
          await sleep(DENO_MS)
          assert.equal(socket.destroyed, false)
          socket.write(`${get}${CLOSE}\r\n`)
          await until('the second answer', () => statusesOf(text()).length === 2)
          socket.destroy()
        },
      },
      'ends header sections that never end, fed or silent, and answers others meanwhile': {
        does: 'waits for the end of a header section, and answers others meanwhile',
        reason: 'it has no limit on the time of a header section; put a proxy in front',
        run: async ({ start }) => {
          const { port } = await start(() => new Response('ok'), { limits: { headersMs: 600 } })
          const get = `GET / HTTP/1.1\r\n${HOST}${CLOSE}X: `
          const slow = ['', 'GE', get.slice(0, 16), get].map((bytes) => ({ socket: open(port, bytes), bytes }))
          const texts = slow.map(({ socket }) => collect(socket))
          assert.equal((await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).body.toString(), 'ok')
          await sleep(DENO_MS)
          for (const { socket, bytes } of slow) {
            assert.equal(socket.destroyed, false)
            socket.write(`${get.slice(bytes.length)}x\r\n\r\n`)
          }
          await Promise.all(slow.map(({ socket }) => closed(socket)))
          for (const text of texts) assert.deepEqual(statusesOf(text()), ['200'])
        },
      },
      'ends a reader that stands still': {
        does: 'gives a reader that stands still all the time it wants',
        reason: 'it has no limit on writes; backpressure bounds the memory',
        run: async (fixture) => {
          const size = 24 * 1024 * 1024
          writeFileSync(fixture.path, new Uint8Array(size))
          const { port } = await fixture.start(() => fileResponse(fixture, fixture.path, size), {
            limits: { stalledMs: LIMIT_MS, keepAliveMs: LIMIT_MS },
          })
          const still = open(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
          let got = 0
          still.on('data', (chunk) => {
            got += chunk.length
          })
          await once(still, 'data')
          still.pause()
          await sleep(2 * LIMIT_MS)
          assert.equal(descriptorsOf(fixture.path), 1)
          assert.ok(got < size)
          still.resume()
          await closed(still)
          assert.ok(got > size, `${got} of ${size}`)
        },
      },
      'holds no more than maxConnections': {
        does: 'takes more connections than maxConnections',
        reason: NO_CONNECTION_LIMIT,
        run: takesAll,
      },
      'stop() ends what is left when its grace is over': {
        does: 'stop() leaves what is left when its grace is over to the end of the process',
        reason: 'it has no way to end what is left; distd ends its process after stop()',
        run: async (fixture) => {
          const stuck = await stoppedWithStuck(fixture)
          await sleep(500)
          assert.equal(stuck.destroyed, false)
          stuck.destroy()
        },
      },
    },
  }
