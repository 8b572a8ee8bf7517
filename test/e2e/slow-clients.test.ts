import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { digestOf, publishClient } from '../helpers/publish-client.ts'
import { createToken, peakMemory, startServer, type TestServer, testRuntime, withServer } from '../helpers/server.ts'

const MIB = 1024 ** 2

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function socketTo(server: TestServer): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

test(`distd on ${testRuntime} takes an upload that stands still for 13 seconds and then drips`, () =>
  withServer(async (server) => {
    const token = await createToken(server.data, '--allow', 'publish')
    const client = publishClient(server.url, token)
    const bytes = new Uint8Array(9 * 1024).fill(5)
    const { id } = await client.open('slow.bin', bytes)
    const socket = await socketTo(server)
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    const closed = once(socket, 'close')
    socket.write(
      [
        `PATCH /api/v1/uploads/${id} HTTP/1.1`,
        `Host: 127.0.0.1:${server.port}`,
        `Authorization: Bearer ${token}`,
        'Content-Type: application/partial-upload',
        `Content-Length: ${bytes.length}`,
        'Upload-Offset: 0',
        'Upload-Complete: ?1',
        'Connection: close',
        '\r\n',
      ].join('\r\n'),
    )
    // Longer than the 10 and 12 seconds after which the runtimes give up by themselves.
    socket.write(bytes.subarray(0, 1024))
    await pause(13_000)
    for (let at = 1024; at < bytes.length; at += 1024) {
      socket.write(bytes.subarray(at, at + 1024))
      await pause(250)
    }
    await closed
    assert.match(text, /^HTTP\/1\.1 200 /)
    assert.ok(text.includes('"state":"complete"'), text)
  }))

test(`distd on ${testRuntime} spends no memory on twenty readers of 256 MiB who take nothing`, (t) =>
  withServer(async (first) => {
    const token = await createToken(first.data, '--allow', 'publish')
    const publisher = publishClient(first.url, token)
    const large = new Uint8Array(256 * MIB)
    await publisher.createApp('notes')
    await publisher.release('notes', '1.0.0', { 'large.bin': large, 'small.bin': new Uint8Array([1, 2, 3]) })
    assert.equal(await first.stop(), 0)

    // A new process, so that its peak is not that of the upload.
    const server = await startServer({ data: first.data })
    const sockets: Socket[] = []
    try {
      const client = publishClient(server.url)
      assert.equal((await client.ask('GET', '/notes/latest')).status, 200)
      const before = peakMemory(server.pid) ?? 0
      for (let i = 0; i < 20; i++) {
        const socket = await socketTo(server)
        sockets.push(socket)
        socket.write(`GET /notes/latest/large.bin HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`)
        const [head] = await once(socket, 'data')
        assert.match(String(head), /^HTTP\/1\.1 200 /)
        socket.pause()
      }
      await pause(2000)
      const grown = (peakMemory(server.pid) ?? 0) - before
      if ('diagnostic' in t) t.diagnostic(`the server grew by ${Math.round(grown / MIB)} MiB`)
      // All together would be 5 GiB; what a socket and a read buffer hold is a few MiB each.
      assert.ok(grown < 96 * MIB, `the server grew by ${Math.round(grown / MIB)} MiB`)
      const other = await client.ask('GET', '/notes/latest/small.bin')
      assert.deepEqual([other.status, digestOf(other.bytes)], [200, digestOf(new Uint8Array([1, 2, 3]))])
      // One of them comes back and gets everything.
      const [reader] = sockets
      let left = large.length - 64 * 1024
      reader?.on('data', (part: Uint8Array) => {
        left -= part.length
      })
      reader?.resume()
      const end = performance.now() + 30_000
      while (left > 0 && performance.now() < end) await pause(20)
      assert.ok(left <= 0, `${left} bytes did not come`)
    } finally {
      for (const socket of sockets) socket.destroy()
      await server.kill()
    }
  }))
