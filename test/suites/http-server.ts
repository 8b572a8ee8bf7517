import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { exchange, receive, statusesOf, until } from '../conformance/raw-http.ts'
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
  type ServerCase,
  sleep,
  stoppedWithStuck,
  streamOfTen,
} from './server-fixture.ts'

/**
 * What every server adapter must do; where one does something else, http-server-differences.ts says and tests what.
 * Hostile framing has its own table, test/vectors/http-torture.ts.
 */
export const serverCases: readonly ServerCase[] = [
  {
    name: 'hands on method, target, fields and body, and sends status, fields and body',
    run: async ({ start }) => {
      const { port } = await start(async (request) => {
        const { pathname, search } = new URL(request.url)
        const seen = [request.method, pathname + search, request.headers.get('x-one'), await request.text()]
        return new Response(JSON.stringify(seen), { status: 201, headers: { 'x-two': 'zwei' } })
      })
      const answer = await receive(
        port,
        `PUT /a%2Fb?c=%20 HTTP/1.1\r\n${HOST}${CLOSE}X-One: eins\r\nContent-Length: 3\r\n\r\nabc`,
      )
      assert.equal(answer.status, 201)
      assert.equal(answer.headers.get('x-two'), 'zwei')
      assert.equal(answer.body.toString(), '["PUT","/a%2Fb?c=%20","eins","abc"]')
    },
  },
  {
    name: 'keeps every Set-Cookie apart',
    run: async ({ start }) => {
      const { port } = await start(() => {
        const headers = new Headers()
        headers.append('set-cookie', 'a=1; Path=/')
        headers.append('set-cookie', 'b=2; Path=/')
        return new Response('ok', { headers })
      })
      const { head } = await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      assert.deepEqual(
        head.match(/^set-cookie: .*$/gim)?.map((line) => line.slice(12)),
        ['a=1; Path=/', 'b=2; Path=/'],
      )
    },
  },
  {
    name: 'tells the address of the other end',
    run: async ({ start }) => {
      const { port } = await start((_request, peer) => new Response(peer.address))
      const answer = await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      assert.equal(answer.body.toString(), '127.0.0.1')
    },
  },
  {
    name: 'answers HEAD with the length and no body, and reads no file for it',
    run: async (fixture) => {
      writeFileSync(fixture.path, randomBytes(100_000))
      const { port } = await fixture.start((request) =>
        pathOf(request) === '/text'
          ? new Response('four', { headers: { 'content-length': '4' } })
          : fileResponse(fixture, fixture.path, 100_000),
      )
      for (const [target, length] of [
        ['/text', '4'],
        ['/file', '100000'],
      ]) {
        const answer = await receive(port, `HEAD ${target} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
        assert.equal(answer.status, 200)
        assert.equal(answer.headers.get('content-length'), length)
        assert.equal(answer.body.length, 0)
      }
      assert.equal(descriptorsOf(fixture.path), 0)
    },
  },
  {
    name: 'sends a stored file and its ranges byte for byte',
    run: async (fixture) => {
      const bytes = randomBytes(3 * 1024 * 1024 + 17)
      writeFileSync(fixture.path, bytes)
      const { port } = await fixture.start((request) => {
        const [offset, length] = pathOf(request).slice(1).split('-').map(Number)
        const range = offset === undefined || length === undefined ? undefined : { offset, length }
        return fileResponse(fixture, fixture.path, bytes.length, range)
      })
      const whole = await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      assert.equal(whole.status, 200)
      assert.equal(whole.headers.get('content-disposition'), 'attachment; filename="x"')
      assert.ok(whole.body.equals(bytes))
      const mib = 1024 * 1024
      for (const [offset, length] of [
        [0, 1],
        [0, mib],
        [1, mib],
        [mib - 1, 2],
        [7, 2 * mib + 1],
        [bytes.length - 1, 1],
        [1, bytes.length - 1],
        [2, bytes.length - 2],
        [17, bytes.length - 17],
        [0, bytes.length - 1],
        [0, bytes.length],
      ] as const) {
        const part = await receive(port, `GET /${offset}-${length} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
        assert.equal(part.status, 206)
        assert.equal(part.headers.get('content-length'), String(length))
        assert.ok(part.body.equals(bytes.subarray(offset, offset + length)), `${offset}-${length}`)
      }
      assert.equal(descriptorsOf(fixture.path), 0)
    },
  },
  {
    name: 'sends ranges before, across and behind 2^32 bytes of a sparse file',
    run: async (fixture) => {
      const [limit, size] = [2 ** 32, 2 ** 32 + 1024 * 1024]
      // Real bytes around 2^32 and others where the file begins, which an offset cut to 32 bits would give.
      const [around, first] = [randomBytes(200_000), randomBytes(200_000)]
      const start = limit - 100_000
      const descriptor = openSync(fixture.path, 'w')
      ftruncateSync(descriptor, size)
      writeSync(descriptor, first, 0, first.length, 0)
      writeSync(descriptor, around, 0, around.length, start)
      closeSync(descriptor)
      const { port } = await fixture.start((request) => {
        const [offset, length] = pathOf(request).slice(1).split('-').map(Number)
        const range = offset === undefined || length === undefined ? undefined : { offset, length }
        return fileResponse(fixture, fixture.path, size, range)
      })
      const padded = Buffer.concat([around, Buffer.alloc(size - start - around.length)])
      for (const [offset, length] of [
        [start, around.length],
        [start, size - start],
        [limit - 1, 1],
        [limit - 1, 2],
        [limit, 1],
        [limit, 100_000],
        [limit + 17, 60_000],
        [limit, size - limit],
        [size - 1, 1],
      ] as const) {
        const part = await receive(port, `GET /${offset}-${length} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
        assert.equal(part.status, 206)
        assert.equal(part.headers.get('content-length'), String(length))
        assert.ok(part.body.equals(padded.subarray(offset - start, offset - start + length)), `${offset}-${length}`)
      }
      const whole = open(port, `GET / HTTP/1.1\r\n${HOST}\r\n`)
      const [head] = (await once(whole, 'data')) as [Buffer]
      whole.destroy()
      assert.match(head.toString('latin1'), new RegExp(`\r\ncontent-length: ${size}\r\n`, 'i'))
    },
  },
  {
    name: 'sends an empty file',
    run: async (fixture) => {
      writeFileSync(fixture.path, '')
      const { port } = await fixture.start(() => fileResponse(fixture, fixture.path, 0))
      const answer = await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      assert.deepEqual([answer.status, answer.headers.get('content-length'), answer.body.length], [200, '0', 0])
    },
  },
  {
    name: 'leaves Range to the product: a whole file stays whole',
    run: async (fixture) => {
      writeFileSync(fixture.path, 'abcdef')
      const { port } = await fixture.start(() => fileResponse(fixture, fixture.path, 6))
      const answer = await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}Range: bytes=1-2\r\n\r\n`)
      assert.deepEqual([answer.status, answer.body.toString()], [200, 'abcdef'])
    },
  },
  {
    name: 'sends files one after the other on one connection',
    run: async (fixture) => {
      const bytes = randomBytes(300_000)
      writeFileSync(fixture.path, bytes)
      const { port } = await fixture.start(() => fileResponse(fixture, fixture.path, bytes.length))
      const get = `GET / HTTP/1.1\r\n${HOST}`
      const { text } = await exchange(port, `${get}\r\n${get}\r\n${get}${CLOSE}\r\n`, 5000)
      assert.deepEqual(statusesOf(text), ['200', '200', '200'])
      assert.ok(Buffer.from(text, 'latin1').subarray(-bytes.length).equals(bytes))
      assert.ok(text.length > 3 * bytes.length)
    },
  },
  {
    name: 'closes the file when the client leaves in the middle',
    run: async (fixture) => {
      const size = 64 * 1024 * 1024
      writeFileSync(fixture.path, new Uint8Array(size))
      const { port } = await fixture.start(() => fileResponse(fixture, fixture.path, size))
      for (let round = 0; round < 3; round++) {
        const socket = open(port, `GET / HTTP/1.1\r\n${HOST}\r\n`)
        await new Promise((resolve) => socket.once('data', resolve))
        socket.pause()
        await until('the file to be open', () => descriptorsOf(fixture.path) > 0)
        socket.destroy()
      }
      await until('the file to be closed', () => descriptorsOf(fixture.path) === 0)
    },
  },
  {
    name: 'answers a file that is not there with an error and goes on',
    run: async (fixture) => {
      const { port } = await fixture.start((request) =>
        pathOf(request) === '/gone' ? fileResponse(fixture, fixture.path, 5) : new Response('here'),
      )
      const gone = await receive(port, `GET /gone HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      assert.ok(gone.status >= 400 || gone.status === 0, `status ${gone.status}`)
      assert.doesNotMatch(gone.body.toString('latin1'), /ENOENT|dist-http/)
      const here = await receive(port, `GET /here HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      assert.equal(here.body.toString(), 'here')
    },
  },
  {
    name: 'reads a body as it comes',
    run: async ({ start }) => {
      const { port } = await start(async (request) => {
        const hash = createHash('sha256')
        assert.ok(request.body !== null)
        for await (const chunk of request.body) hash.update(chunk)
        return new Response(hash.digest('hex'))
      })
      const body = randomBytes(5_000_000).toString('latin1')
      const answer = await receive(
        port,
        `PUT / HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: ${body.length}\r\n\r\n${body}`,
      )
      assert.equal(answer.body.toString(), createHash('sha256').update(body, 'latin1').digest('hex'))
    },
  },
  {
    name: 'sends 100 Continue to who waits for it',
    run: async ({ start }) => {
      const { port } = await start(async (request) => new Response(await request.text()))
      const socket = open(port, `PUT / HTTP/1.1\r\n${HOST}${CLOSE}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`)
      let text = ''
      socket.setEncoding('latin1').on('data', (chunk) => {
        text += chunk
      })
      await until('100 Continue', () => text.startsWith('HTTP/1.1 100'))
      socket.write('abc')
      await closed(socket)
      assert.deepEqual(statusesOf(text), ['100', '200'])
      assert.match(text, /abc$/)
    },
  },
  {
    name: 'answers pipelined requests in their order',
    run: async ({ start }) => {
      const { port } = await start(async (request) => {
        const index = Number(pathOf(request).slice(1))
        await sleep(50 - 10 * index)
        return new Response(`<${index}>`)
      })
      const bytes = [0, 1, 2, 3, 4].map((index) => `GET /${index} HTTP/1.1\r\n${HOST}${index === 4 ? CLOSE : ''}\r\n`)
      const { text } = await exchange(port, bytes.join(''), 5000)
      assert.deepEqual(text.match(/<\d>/g), ['<0>', '<1>', '<2>', '<3>', '<4>'])
    },
  },
  {
    name: 'answers 500 without details when the product throws, logs it and goes on',
    run: async ({ start, logged }) => {
      const { port } = await start(async (request) => {
        if (pathOf(request) === '/throw') throw new Error('a secret')
        return new Response('fine')
      })
      const answer = await receive(port, `GET /throw HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      assert.equal(answer.status, 500)
      assert.doesNotMatch(answer.head + answer.body.toString(), /secret/)
      assert.deepEqual(logged, ['request failed'])
      assert.equal((await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).body.toString(), 'fine')
    },
  },
  {
    name: 'cuts the answer when its body fails, so that nobody takes it for complete',
    run: async ({ start }) => {
      const { port } = await start((request) => {
        if (pathOf(request) === '/fine') return new Response('fine')
        let sent = 0
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            await sleep(5)
            if (sent++ === 3) throw new Error('a secret')
            controller.enqueue(new Uint8Array(1000))
          },
        })
        return new Response(body, pathOf(request) === '/long' ? { headers: { 'content-length': '100000' } } : {})
      })
      for (const target of ['/long', '/chunked']) {
        const answer = await receive(port, `GET ${target} HTTP/1.1\r\n${HOST}\r\n`)
        assert.ok(answer.closed, target)
        assert.doesNotMatch(answer.body.toString('latin1'), /\r\n0\r\n\r\n$|secret/, target)
      }
      assert.equal((await receive(port, `GET /fine HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).body.toString(), 'fine')
    },
  },
  {
    name: 'sends a stream with the length that the product says',
    run: async ({ start }) => {
      const { port } = await start(() => new Response(streamOfTen(), { headers: { 'content-length': '10' } }))
      const answer = await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      assert.deepEqual([answer.headers.get('content-length'), answer.body.toString()], ['10', '0123456789'])
    },
  },
  {
    name: 'does not run ahead of a reader that stands still, and cancels the body when it leaves',
    run: async ({ start }) => {
      let pulled = 0
      let cancelled = false
      const { port } = await start(
        () =>
          new Response(
            new ReadableStream<Uint8Array>(
              {
                pull(controller) {
                  pulled += 1
                  if (pulled === 512) controller.close()
                  else controller.enqueue(new Uint8Array(1024 * 1024))
                },
                cancel() {
                  cancelled = true
                },
              },
              { highWaterMark: 0 },
            ),
          ),
      )
      const socket = open(port, `GET / HTTP/1.1\r\n${HOST}\r\n`)
      await new Promise((resolve) => socket.once('data', resolve))
      socket.pause()
      let before = -1
      await until('the producer to pause', async () => {
        const isQuiet = before === pulled
        before = pulled
        await sleep(200)
        return isQuiet
      })
      assert.ok(pulled < 64, `${pulled} MiB were read ahead`)
      socket.destroy()
      await until('the body to be cancelled', () => cancelled)
    },
  },
  {
    name: 'ends a body that stands still, but not one that is kept open',
    run: async ({ start }) => {
      const { port } = await start(
        async (request, peer) => {
          if (pathOf(request) === '/kept') peer.keepOpen()
          return new Response(await request.text().catch(() => 'broken'))
        },
        { limits: { stalledMs: 500, keepAliveMs: 500, exchangeMs: 500 } },
      )
      const head = (path: string) => `PUT ${path} HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: 3\r\n\r\n`
      const kept = open(port, head('/kept'))
      const left = open(port, head('/left'))
      let text = ''
      kept.setEncoding('latin1').on('data', (chunk) => {
        text += chunk
      })
      left.resume()
      await closed(left)
      await sleep(300)
      kept.write('abc')
      await closed(kept)
      assert.match(text, /^HTTP\/1.1 200 [\s\S]*abc$/)
    },
  },
  {
    name: 'ends a connection between requests after its time, also after a body that was kept open',
    run: async ({ start }) => {
      const { port } = await start(
        async (request, peer) => {
          peer.keepOpen()
          return new Response(await request.text())
        },
        { limits: { stalledMs: 500, keepAliveMs: 500 } },
      )
      const socket = open(port, `PUT / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`)
      let text = ''
      socket.setEncoding('latin1').on('data', (chunk) => {
        text += chunk
      })
      await closed(socket)
      assert.deepEqual(statusesOf(text), ['200'])
    },
  },
  {
    name: 'takes a body that moves for as long as it moves',
    waits: true,
    run: async ({ start }) => {
      const { port } = await start(async (request) => new Response(await request.text().catch(() => 'broken')), {
        limits: { stalledMs: LIMIT_MS, exchangeMs: LIMIT_MS },
      })
      const socket = open(port, `PUT / HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: 120\r\n\r\n`)
      const text = collect(socket)
      for (let sent = 0; sent < 120; sent++) {
        await sleep(100)
        socket.write('a')
      }
      await closed(socket)
      assert.match(text(), /^HTTP\/1.1 200 [\s\S]*a{120}$/)
    },
  },
  {
    name: 'lets the product think for longer than the idle limit',
    run: async ({ start }) => {
      const { port } = await start(
        async () => {
          await sleep(2500)
          return new Response('thought')
        },
        { limits: { stalledMs: 300, keepAliveMs: 300 } },
      )
      assert.equal((await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).body.toString(), 'thought')
    },
  },
  {
    name: 'ends header sections that never end, fed or silent, and answers others meanwhile',
    // Bun takes its twelve seconds, whatever the limit.
    waits: true,
    run: async ({ start }) => {
      const { port } = await start(() => new Response('ok'), { limits: { headersMs: 600 } })
      const slow = ['GET / HTTP/1.1\r\nHost: a.test\r\nX: ', 'GET / HTTP/1.1\r\n', 'GE', ''].map((bytes) =>
        open(port, bytes),
      )
      const feeding = setInterval(() => {
        if (slow[0]?.destroyed === false) slow[0].write('a')
      }, 100)
      for (const socket of slow) socket.resume()
      assert.equal((await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).body.toString(), 'ok')
      await Promise.all(slow.map(closed))
      clearInterval(feeding)
    },
  },
  {
    name: 'ends a reader that stands still',
    waits: true,
    run: async (fixture) => {
      const size = 24 * 1024 * 1024
      writeFileSync(fixture.path, new Uint8Array(size))
      const { port } = await fixture.start(() => fileResponse(fixture, fixture.path, size), {
        limits: { stalledMs: LIMIT_MS, keepAliveMs: LIMIT_MS },
      })
      const still = open(port, `GET / HTTP/1.1\r\n${HOST}\r\n`)
      let got = 0
      still.on('data', (chunk) => {
        got += chunk.length
      })
      await once(still, 'data')
      still.pause()
      assert.equal(descriptorsOf(fixture.path), 1)
      await until('the file to be closed', () => descriptorsOf(fixture.path) === 0)
      still.resume()
      await closed(still)
      assert.ok(got < size, 'all of it had been sent')
    },
  },
  {
    name: 'does not end a reader that is slow',
    waits: true,
    run: async (fixture) => {
      const size = 48 * 1024 * 1024
      writeFileSync(fixture.path, new Uint8Array(size))
      const { port } = await fixture.start(() => fileResponse(fixture, fixture.path, size), {
        limits: { stalledMs: LIMIT_MS, keepAliveMs: LIMIT_MS },
      })
      const startedAt = performance.now()
      const slow = open(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      const bytesPerMs = size / (2.4 * LIMIT_MS)
      let got = 0
      slow.on('data', (chunk) => {
        got += chunk.length
        const aheadMs = got / bytesPerMs - (performance.now() - startedAt)
        if (aheadMs < 50) return
        slow.pause()
        setTimeout(() => slow.resume(), aheadMs)
      })
      await closed(slow)
      assert.ok(got > size, `${got} of ${size}`)
      assert.ok(performance.now() - startedAt > 2 * LIMIT_MS, 'it was not slow')
    },
  },
  {
    name: 'answers again after more connections than it keeps',
    run: async ({ start }) => {
      const { port } = await start(() => new Response('ok'), { maxConnections: 20 })
      const idle: Socket[] = []
      for (let index = 0; index < 60; index++) {
        const socket = open(port, `GET / HTTP/1.1\r\n${HOST}\r\n`)
        socket.resume()
        idle.push(socket)
      }
      await until('an answer', async () => {
        const answer = await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
        return answer.status === 200
      })
      for (const socket of idle) socket.destroy()
    },
  },
  {
    name: 'holds no more than maxConnections',
    run: async ({ start, logged }) => {
      const { port } = await start(() => new Promise<Response>(() => {}), { maxConnections: 5 })
      const busy = Array.from({ length: 20 }, () => open(port, `GET / HTTP/1.1\r\n${HOST}\r\n`))
      await until('the rest to be dropped', () => busy.filter((socket) => !socket.destroyed).length === 5)
      assert.deepEqual(logged, ['connection limit reached'])
      for (const socket of busy) socket.destroy()
    },
  },
  {
    name: 'stop() lets the request under way finish, ends idle connections and refuses new ones',
    run: async ({ start }) => {
      let finish = () => {}
      const server = await start(async (request) => {
        if (pathOf(request) === '/slow')
          await new Promise<void>((resolve) => {
            finish = resolve
          })
        return new Response('done')
      })
      const idle = open(server.port, `GET / HTTP/1.1\r\n${HOST}\r\n`)
      await new Promise((resolve) => idle.once('data', resolve))
      let text = ''
      const slow = open(server.port, `GET /slow HTTP/1.1\r\n${HOST}\r\n`)
      slow.setEncoding('latin1').on('data', (chunk) => {
        text += chunk
      })
      const initial = finish
      await until('the slow request to arrive', () => finish !== initial)
      let isStopped = false
      const stopped = server.stop(20_000).then(() => {
        isStopped = true
      })
      await closed(idle)
      const late = await receive(server.port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
      assert.equal(late.status, 0)
      assert.equal(isStopped, false)
      finish()
      await stopped
      await until('the answer', () => text.endsWith('done'))
      slow.destroy()
    },
  },
  {
    name: 'stop() does not wait longer than its grace',
    run: async (fixture) => {
      const stuck = await stoppedWithStuck(fixture)
      stuck.destroy()
    },
  },
  {
    name: 'stop() ends what is left when its grace is over',
    run: async (fixture) => {
      const stuck = await stoppedWithStuck(fixture)
      await closed(stuck)
    },
  },
  {
    name: 'rejects when the port is taken',
    run: async ({ start }) => {
      const { port } = await start(() => new Response('first'))
      await assert.rejects(start(() => new Response('second'), { port }))
      assert.equal((await receive(port, `GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).body.toString(), 'first')
    },
  },
]
