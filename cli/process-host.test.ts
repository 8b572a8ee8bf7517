import assert from 'node:assert/strict'
import test from 'node:test'
import { DistError } from '../src/errors.ts'
import type { Host } from './command.ts'
import { processSink } from './process-host.ts'
import { run } from './run.ts'

type Done = (error?: Error | null) => void

/** A stream of which every write ends as `write` says. */
function sinkOf(write: (done: Done) => void) {
  const chunks: unknown[] = []
  return {
    chunks,
    sink: processSink({
      on: () => {},
      write(chunk, done) {
        chunks.push(chunk)
        write(done)
        return true
      },
    }),
  }
}

const failure = (code: string) => Object.assign(new Error(`${code}: what the system says, write`), { code })

const FULL: Readonly<Record<string, (done: Done) => void>> = {
  'told later': (done) => setTimeout(done, 1, failure('ENOSPC')),
  thrown() {
    throw failure('ENOSPC')
  },
}

for (const [how, write] of Object.entries(FULL)) {
  test(`processSink().flush() says why the output is not there: ${how}`, async () => {
    const { sink } = sinkOf(write)
    sink.write('x')
    await assert.rejects(sink.flush(), (error) => {
      assert.ok(error instanceof DistError && error.code === 'output.unwritable')
      assert.equal(error.message, 'Cannot write the output: no space left on the device')
      return true
    })
  })
}

test('processSink(): a reader that went away is no failure, and is written to no more', async () => {
  const { sink, chunks } = sinkOf((done) => done(failure('EPIPE')))
  sink.write('x')
  sink.write('y')
  await sink.flush()
  assert.deepEqual(chunks, ['x'])
})

test('processSink().flush() is content when everything was written', async () => {
  const { sink, chunks } = sinkOf((done) => setTimeout(done, 1))
  sink.write('x')
  sink.write('y')
  await sink.flush()
  assert.deepEqual(chunks, ['x', 'y'])
})

test('dist fails when its output cannot be written, in words and in JSON', async () => {
  for (const argv of [['version'], ['help'], ['help', 'exit-codes'], ['completion', 'bash'], ['version', '--json']]) {
    let words = ''
    const host: Host = {
      env: {},
      cwd: '/',
      stdin: (async function* () {})(),
      stdout: sinkOf((done) => done(failure('ENOSPC'))).sink,
      stderr: {
        isTTY: false,
        columns: 80,
        write(chunk) {
          words += String(chunk)
        },
      },
      signal: new AbortController().signal,
    }
    assert.equal(await run(argv, host), 1, argv.join(' '))
    if (argv.includes('--json')) assert.equal(JSON.parse(words).error.code, 'output.unwritable')
    else assert.equal(words, 'error: Cannot write the output: no space left on the device\n')
  }
})
