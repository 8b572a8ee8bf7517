import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { EXIT_CODES } from '../../cli/exit-codes.ts'
import { createToken, dist, type Ended, inFolder, startDist, until, withServer } from '../helpers/server.ts'

/** Codes that a test here has seen come out of the real program. */
const seen = new Set<number>()

/** Checks the promise of every failure: the code, nothing on stdout, one line of JSON with this code on stderr. */
function failed(run: Ended, code: keyof typeof EXIT_CODES, errorCode: string): void {
  assert.equal(run.code, code, `${run.stdout}${run.stderr}`)
  assert.equal(run.stdout, '')
  const { error } = JSON.parse(run.stderr.trim().split('\n').at(-1) ?? '')
  assert.equal(error.code, errorCode)
  assert.equal(typeof error.message, 'string')
  seen.add(code)
}

/** A port of loopback that takes connections and never answers. */
async function withSilence(work: (url: string, isConnected: () => boolean) => Promise<void>): Promise<void> {
  const sockets = new Set<import('node:net').Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as { port: number }).port}`, () => sockets.size > 0)
  } finally {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}

const MANIFEST = {
  schema: 1,
  app: 'notes',
  version: '1.0.0',
  channel: 'stable',
  artifacts: [{ path: 'notes.bin', platform: 'linux' }],
}

test('dist ends with 0, 4, 5, 6 and 9 as the server answers', async () => {
  await withServer(async (server, folder) => {
    const admin = await createToken(server.data, '--allow', 'admin')
    const publisher = await createToken(server.data, '--allow', 'publish')
    const as = (token: string) => ({
      cwd: folder,
      env: { DIST_SERVER: server.url, DIST_TOKEN: token, DIST_RETRIES: '0' },
    })

    const created = await dist(['app', 'create', 'notes', '--json'], as(admin))
    assert.equal(created.code, 0, created.stderr)
    assert.equal(JSON.parse(created.stdout).slug, 'notes')
    assert.equal(created.stderr, '')
    seen.add(0)

    failed(await dist(['app', 'create', 'notes', '--json'], as(admin)), 6, 'app.exists')
    failed(await dist(['app', 'show', 'absent', '--json'], as(admin)), 5, 'app.not_found')
    failed(await dist(['token', 'list', '--json'], as(publisher)), 4, 'access.denied')
    failed(await dist(['whoami', '--json'], as('dist_not-a-token')), 4, 'access.unauthenticated')

    assert.equal((await dist(['channel', 'protect', 'notes', 'stable'], as(admin))).code, 0)
    await writeFile(join(folder, 'notes.bin'), 'bytes')
    await writeFile(join(folder, 'dist.json'), JSON.stringify(MANIFEST))
    const published = await dist(['ci', 'publish', '--json'], as(publisher))
    assert.equal(published.code, 9, published.stderr)
    const { created: isNew, channel } = JSON.parse(published.stdout)
    assert.deepEqual([isNew, channel.moved, channel.reason.code], [true, false, 'channel.protected'])
    seen.add(9)
  })
})

test('dist ends with 1, 2, 3 and 7 without a server', async () => {
  await inFolder(async (folder) => {
    const here = { cwd: folder }
    failed(await dist(['app', 'list', '--chanel', 'x', '--json'], here), 2, 'usage.invalid')
    failed(await dist(['whoami', '--json'], here), 2, 'usage.no_server')
    await writeFile(join(folder, 'dist.json'), JSON.stringify({ ...MANIFEST, versoin: '1' }))
    failed(await dist(['ci', 'publish', '--json'], here), 3, 'manifest.invalid')
    const digest = `sha256:${'0'.repeat(64)}`
    failed(await dist(['verify', 'dist.json', '--digest', digest, '--json'], here), 7, 'verify.failed')
    failed(await dist(['init', '--output', 'absent/dist.json', '--json'], here), 2, 'usage.invalid')
    // A disk without room is nobody's mistake.
    failed(await dist(['init', '--output', '/dev/full', '--force', '--json'], here), 1, 'output.unwritable')
  })
})

test('dist ends with 8 when the server cannot be reached', async () => {
  let closed = ''
  await withSilence(async (url) => {
    closed = url
  })
  const env = { DIST_SERVER: closed, DIST_RETRIES: '0' }
  failed(await dist(['app', 'list', '--json'], { env }), 8, 'server.unreachable')
})

test('dist ends with 130 when it is interrupted', {
  skip: process.platform === 'win32' && 'no signals on Windows',
}, async () => {
  await withSilence(async (url, isConnected) => {
    const running = startDist(['app', 'list', '--json'], { env: { DIST_SERVER: url } })
    try {
      await until('the request is under way', isConnected)
      running.child.kill('SIGINT')
      const code = await running.ended
      failed({ code, stdout: running.stdout, stderr: running.stderr }, 130, 'interrupted')
    } finally {
      running.child.kill('SIGKILL')
    }
  })
})

test('every exit code of the table has been seen', () => {
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    Object.keys(EXIT_CODES).map(Number),
  )
})
