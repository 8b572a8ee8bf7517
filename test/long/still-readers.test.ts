import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { createToken, dist, peakMemory, startServer, testRuntime, until, withServer } from '../helpers/server.ts'

const READERS = 100
const GIB = 1024 ** 3
const MIB = 1024 ** 2
/** `head -c 1G /dev/zero | sha256sum` */
const DIGEST_OF_ZEROS = '49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14'
/** What all readers together may cost. */
const MAX_GROWTH_BYTES = 200 * MIB
/** 65 seconds on Bun, which looks every four. On Node twice sixty: it takes the part that the kernel took for movement. */
const ENDED_MS = testRuntime === 'node' ? 135_000 : 80_000

/** Open files of a process below a folder. */
function filesOpen(pid: number, folder: string): number {
  const paths = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return ''
    }
  })
  return paths.filter((path) => path.startsWith(folder)).length
}

async function digestFrom(url: string): Promise<string> {
  const { body, status } = await fetch(url)
  assert.equal(status, 200)
  const hash = createHash('sha256')
  for await (const chunk of body ?? []) hash.update(chunk)
  return hash.digest('hex')
}

/** Reads what is left of an answer whose first `got` bytes, head included, came. @returns its bytes without the head */
async function restOf(socket: Socket, got: number, headBytes: number): Promise<number> {
  let count = got - headBytes
  socket.on('data', (part: Uint8Array) => {
    count += part.length
  })
  socket.resume()
  await until('the file is complete', () => count >= GIB, 120_000)
  return count
}

const ends = testRuntime === 'deno' ? 'waits for them' : 'ends them'

test(`distd on ${testRuntime} holds little memory for ${READERS} readers of 1 GiB who take nothing, and ${ends}`, (t) =>
  withServer(async (first, folder) => {
    const token = await createToken(first.data, '--allow', 'publish')
    const file = join(folder, 'large.bin')
    writeFileSync(file, '')
    truncateSync(file, GIB)
    const published = await dist(
      [
        ...['publish', file, '--app', 'large', '--version', '1.0.0', '--visibility', 'public'],
        ...['--platform', 'linux', '--arch', 'x64'],
      ],
      { env: { DIST_SERVER: first.url, DIST_TOKEN: token } },
    )
    assert.equal(published.code, 0, published.stderr)
    assert.equal(await first.stop(), 0)

    // A new process, so that its peak is not that of the upload.
    const server = await startServer({ data: first.data })
    const path = '/large/releases/1.0.0/large.bin'
    const blobs = join(server.data, 'blobs')
    const sockets: Socket[] = []
    try {
      assert.equal((await fetch(server.url + path, { headers: { range: 'bytes=0-99999' } })).status, 206)
      const before = peakMemory(server.pid) ?? 0
      let [got, headBytes] = [0, 0]
      for (let i = 0; i < READERS; i++) {
        const socket = connect(server.port, '127.0.0.1')
        socket.on('error', () => socket.destroy())
        sockets.push(socket)
        socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`)
        const [data] = (await once(socket, 'data')) as [Buffer]
        socket.pause()
        assert.match(data.toString('latin1'), /^HTTP\/1.1 200 /)
        if (i > 0) continue
        got = data.length
        headBytes = data.indexOf('\r\n\r\n') + 4
      }
      const startedAt = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 5000))
      assert.equal(filesOpen(server.pid, blobs), READERS)
      const grown = (peakMemory(server.pid) ?? 0) - before
      const figures = `the server grew by ${Math.round(grown / MIB)} MiB`
      if ('diagnostic' in t) t.diagnostic(figures)
      assert.ok(before > 0 && grown < MAX_GROWTH_BYTES, figures)
      assert.equal(await digestFrom(server.url + path), DIGEST_OF_ZEROS)

      await new Promise((resolve) => setTimeout(resolve, ENDED_MS - (performance.now() - startedAt)))
      if (testRuntime === 'deno') {
        // It has no such limit; a proxy in front must have it.
        assert.equal(filesOpen(server.pid, blobs), READERS)
        assert.equal(await restOf(sockets[0]!, got, headBytes), GIB)
      } else assert.equal(filesOpen(server.pid, blobs), 0)
    } finally {
      for (const socket of sockets) socket.destroy()
      await server.kill()
    }
  }))
