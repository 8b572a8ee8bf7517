import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { publishClient } from '../helpers/publish-client.ts'
import { createToken, type TestServer, testRuntime, until, withServer } from '../helpers/server.ts'

const CLIENTS = 200
const REQUESTS = 3000
/** What a scheduler takes now and then, whoever else is connected. */
const FLOOR_MS = 5
/** Fifteen seconds on Node, which looks every three; twelve in Bun's parser, which looks every four. */
const ENDED_MS = 25_000

/** The 99th percentile of the milliseconds that one request after the other takes on one connection. */
async function p99(url: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times: number[] = []
  try {
    for (let i = 0; i < REQUESTS; i++) {
      const startedAt = performance.now()
      await new Promise<void>((resolve, reject) => {
        const outgoing = request(url, { agent }, (incoming) => {
          if (incoming.statusCode !== 200) reject(new Error(`${url} answered ${incoming.statusCode}`))
          incoming.resume().once('end', resolve).once('error', reject)
        })
        outgoing.once('error', reject).end()
      })
      times.push(performance.now() - startedAt)
    }
  } finally {
    agent.destroy()
  }
  times.sort((a, b) => a - b)
  return times[Math.floor(REQUESTS * 0.99)] ?? Number.NaN
}

/** Sends a header section that never ends, a byte a second. */
function slowClient(server: TestServer): Socket {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  socket.resume()
  socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nX-Slow: `)
  const feeding = setInterval(() => socket.write('a'), 1000)
  socket.once('close', () => clearInterval(feeding))
  return socket
}

const ends = testRuntime === 'deno' ? 'are not ended' : 'are ended'

test(`${CLIENTS} clients whose headers never end cost others nothing on ${testRuntime}, and ${ends}`, (t) =>
  withServer(async (server) => {
    const client = publishClient(server.url, await createToken(server.data, '--allow', 'publish'))
    await client.createApp('notes')
    await client.release('notes', '1.0.0', { 'small.bin': new Uint8Array(1000) })
    const url = `${server.url}/notes/releases/1.0.0/small.bin`
    const slow: Socket[] = []
    const openOnes = () => slow.filter((socket) => !socket.destroyed).length
    try {
      await p99(url)
      const baseline = await p99(url)
      const startedAt = performance.now()
      for (let i = 0; i < CLIENTS; i++) slow.push(slowClient(server))
      await until('all are connected', () => slow.every((socket) => !socket.connecting))
      const beside = await p99(url)
      assert.ok(performance.now() - startedAt < 12_000, 'they had been ended before the measurement was')
      assert.equal(openOnes(), CLIENTS)

      const figures = `p99 alone ${baseline.toFixed(2)} ms, beside ${CLIENTS} slow clients ${beside.toFixed(2)} ms`
      if ('diagnostic' in t) t.diagnostic(figures)
      assert.ok(beside < 2 * baseline + FLOOR_MS, figures)

      await new Promise((resolve) => setTimeout(resolve, ENDED_MS - (performance.now() - startedAt)))
      // Deno has no such limit; a proxy in front must have it.
      assert.equal(openOnes(), testRuntime === 'deno' ? CLIENTS : 0)
      assert.equal((await client.ask('GET', '/healthz')).status, 200)
    } finally {
      for (const socket of slow) socket.destroy()
    }
  }))
