import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { receive, until } from './raw-http.ts'
import { runtimeName } from './runtime-name.ts'

/** Above what the idlest of the three runtimes has open after its start. */
const MAX_DESCRIPTORS = 100

const script = fileURLToPath(new URL('serve-until-killed.ts', import.meta.url))
const command = [process.execPath, ...(runtimeName === 'deno' ? ['run', '-A', '--no-check'] : []), script]
const skip = process.platform === 'win32' ? 'needs a shell with ulimit' : false

test(`serve() on ${runtimeName} outlives running out of file descriptors`, { skip, timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dist-fds-'))
  const file = join(folder, 'file')
  writeFileSync(file, 'four')
  const child = spawn('sh', ['-c', `ulimit -n ${MAX_DESCRIPTORS} && exec "$@"`, 'sh', ...command], {
    env: { ...process.env, FILE: file },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const flood: Socket[] = []
  try {
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text
    })
    await until('the port', () => printed.endsWith('\n') || child.exitCode !== null)
    const port = Number(printed)

    for (let index = 0; index < 2 * MAX_DESCRIPTORS; index++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => socket.destroy())
      socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
      socket.resume()
      flood.push(socket)
    }
    await new Promise((resolve) => setTimeout(resolve, 500))

    assert.equal(child.exitCode, null)
    for (const socket of flood) socket.destroy()

    for (const target of ['/', '/file'])
      await until(`an answer to ${target}`, async () => {
        const answer = await receive(port, `GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`)
        return answer.status === 200 && answer.body.length > 0
      })
    assert.equal(child.exitCode, null)
  } finally {
    for (const socket of flood) socket.destroy()
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})
