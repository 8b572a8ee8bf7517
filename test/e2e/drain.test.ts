import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf, type PublishClient, publishClient } from '../helpers/publish-client.ts'
import {
  createToken,
  distd,
  inFolder,
  startServer,
  type TestServer,
  testRuntime,
  until,
  withServer,
} from '../helpers/server.ts'

/** More than the buffers of two sockets hold, so that a reader who stops is noticed. */
const FILE_BYTES = 48 << 20

const isAccepting = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const isLogged = (server: TestServer, message: string) => server.log().some(({ msg }) => msg === message)

/** Opens a download and takes nothing of it but its head. */
async function openDownload(server: TestServer, path: string): Promise<IncomingMessage> {
  const outgoing = request(server.url + path, { agent: new Agent() }).end()
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  incoming.pause()
  return incoming
}

async function readRest(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of incoming) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

async function publishLarge(client: PublishClient): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(FILE_BYTES)
  for (let at = 0; at < bytes.length; at += 4096) bytes[at] = at >> 12
  await client.createApp('notes')
  await client.release('notes', '1.0.0', { 'large.bin': bytes })
  return bytes
}

test(`distd on ${testRuntime} that is asked to stop finishes an upload and a download, takes no more, and exits 0`, () =>
  withServer(async (server) => {
    const token = await createToken(server.data, '--allow', 'publish')
    const client = publishClient(server.url, token)
    const large = await publishLarge(client)
    const body = new Uint8Array(300_000).fill(7)
    const { id } = await client.open('slow.bin', body)

    const upload: ClientRequest = request(`${server.url}/api/v1/uploads/${id}`, {
      method: 'PATCH',
      agent: new Agent(),
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/partial-upload',
        'content-length': body.length,
        'upload-offset': '0',
        'upload-complete': '?1',
      },
    })
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>
    upload.write(body.subarray(0, 100_000))
    const download = await openDownload(server, '/notes/latest/large.bin')

    const exited = server.stop()
    await until('the server says that it stops', () => isLogged(server, 'stopping'))
    await until('new connections are refused', async () => !(await isAccepting(server.port)))
    assert.ok(!isLogged(server, 'stopped'), 'it stopped without waiting')

    upload.end(body.subarray(100_000))
    const [answer] = await answered
    assert.equal(answer.statusCode, 200)
    assert.equal(JSON.parse(new TextDecoder().decode(await readRest(answer))).state, 'complete')
    assert.equal(digestOf(await readRest(download)), digestOf(large))
    assert.equal(await exited, 0)

    const next = await startServer({ data: server.data })
    try {
      assert.ok(!isLogged(next, 'recovered after an unclean stop'))
      const { json } = await publishClient(next.url, token).call('GET', `/uploads/${id}`, [200])
      assert.equal(json.state, 'complete')
    } finally {
      await next.kill()
    }
  }))

test(`distd on ${testRuntime} does not wait for ever for a reader that takes nothing`, () =>
  withServer(
    async (server) => {
      const token = await createToken(server.data, '--allow', 'publish')
      await publishLarge(publishClient(server.url, token))
      const download = await openDownload(server, '/notes/latest/large.bin')
      download.on('error', () => undefined)
      assert.equal(await server.stop(), 0)
      download.destroy()
    },
    { args: ['--drain-seconds', '1'] },
  ))

test(`distd on ${testRuntime} refuses a data folder that another server uses, and gets it when that one is killed`, (t) =>
  withServer(async (server) => {
    const started = performance.now()
    const second = await distd(['serve', '--data', server.data, '--listen', '127.0.0.1:0'])
    if ('diagnostic' in t) t.diagnostic(`refused ${Math.round(performance.now() - started)} ms after its start`)
    assert.equal(second.code, 1)
    assert.match(second.stderr, /another server uses this data folder/)
    assert.equal((await publishClient(server.url).ask('GET', '/healthz')).status, 200)

    await server.kill()
    const next = await startServer({ data: server.data })
    try {
      assert.ok(isLogged(next, 'recovered after an unclean stop'))
      assert.equal((await publishClient(next.url).ask('GET', '/healthz')).status, 200)
    } finally {
      await next.kill()
    }
  }))

test(`distd on ${testRuntime} finds nothing to recover after an orderly stop`, () =>
  inFolder(async (folder) => {
    const data = join(folder, 'data')
    const first = await startServer({ data })
    assert.equal(await first.stop(), 0)
    const second = await startServer({ data })
    assert.ok(!isLogged(second, 'recovered after an unclean stop'))
    assert.equal(await second.stop(), 0)
  }))
