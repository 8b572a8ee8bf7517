import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { main } from '../../adapters/distd.ts'
import type { Server } from '../../adapters/runtime.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { runtimeName } from './runtime-name.ts'

/** `distd serve` whose socket is not there until `listen` is called. */
async function startSlowly(data: string) {
  const runtime = await currentRuntime()
  let stop = (): void => assert.fail('nobody listens for signals')
  let reached = (): void => undefined
  const isStarting = new Promise<void>((resolve) => {
    reached = resolve
  })
  let said = ''
  const socket = Promise.withResolvers<Server>()
  const exit = main(
    {
      ...runtime,
      serve: () => {
        reached()
        return socket.promise
      },
    },
    {
      entry: new URL(import.meta.url),
      argv: ['serve', '--data', data],
      env: {},
      out: (text) => {
        said += text
      },
      err: (text) => assert.fail(text),
      isTerminal: false,
      readLine: () => assert.fail('a server reads nothing'),
      onStop: (then) => {
        stop = then
      },
    },
  )
  await isStarting
  return {
    exit,
    stop: () => stop(),
    listen: () => socket.resolve({ hostname: '127.0.0.1', port: 1, stop: async () => undefined }),
    fail: () => socket.reject(new Error('the test is over')),
    said: () => said,
  }
}

async function inFolder(run: (data: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dist-stop-'))
  try {
    await run(join(folder, 'data'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test(`serve on ${runtimeName} ends when it is asked to while a start hangs`, { timeout: 20_000 }, () =>
  inFolder(async (data) => {
    const slow = await startSlowly(data)
    slow.stop()
    assert.equal(await slow.exit, 0)
    assert.match(slow.said(), /"stopped before it listened"/)
    assert.doesNotMatch(slow.said(), /"listening"/)
    slow.fail()
    // The start gives the folder back, and nobody is left to hear of its error.
    await new Promise((resolve) => setTimeout(resolve, 100))
  }),
)

test(`serve on ${runtimeName} ends in order when its start comes to its end in time`, () =>
  inFolder(async (data) => {
    const slow = await startSlowly(data)
    slow.stop()
    slow.listen()
    assert.equal(await slow.exit, 0)
    assert.match(slow.said(), /"listening"[\s\S]*"stopping"[\s\S]*"stopped"/)
  }))
