import assert from 'node:assert/strict'
import test from 'node:test'
import { DistError } from '../src/errors.ts'
import { Output } from './output.ts'

function written(json = false) {
  const texts = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') => ({
    isTTY: false,
    columns: 80,
    write(chunk: string | Uint8Array) {
      texts[name] += String(chunk)
    },
  })
  return { output: new Output({ json, stdout: sink('stdout'), stderr: sink('stderr') }), texts }
}

const NAME = 'b\n::error::injected\r\u2028::warning::x\u2029\t.apk'

/** What GitHub's runner would take for a command: it looks behind blanks too. */
const COMMAND = /(?:^|[\n\r\u2028\u2029])\s*(?:::|##\[)/

test('Output: no name begins a line of its own', () => {
  const { output, texts } = written()
  output.note(`uploaded: ${NAME}`)
  output.warn(`${NAME} is large`, `Rename ${NAME}`)
  output.error(new DistError('file.unreadable', `Cannot read "${NAME}"`, { hint: `It has:\n  ${NAME}` }))
  output.error(new Error(NAME))
  output.result({}, () => [`${NAME}: fine`, 'and more'])
  output.finish(0)
  assert.doesNotMatch(texts.stderr, COMMAND)
  assert.doesNotMatch(texts.stdout, COMMAND)
  assert.equal(texts.stdout.split('\n').length, 3)
  assert.match(texts.stderr, /^error: Cannot read "b\\u\{a\}::error::injected\\u\{d\}\\u\{2028\}/m)
})

test('Output: lines of ours stay lines', () => {
  const { output, texts } = written()
  output.block('Usage: dist\n\n  app\n')
  output.error(new DistError('artifact.ambiguous', 'Cannot choose', { hint: 'Choose from:\n  a\n  b' }))
  output.result({}, () => 'A  B\n1  2\n')
  output.finish(0)
  assert.equal(texts.stderr, 'Usage: dist\n\n  app\nerror: Cannot choose\nhint: Choose from:\nhint:   a\nhint:   b\n')
  assert.equal(texts.stdout, 'A  B\n1  2\n')
})

test('Output: JSON has the name as it is', () => {
  const { output, texts } = written(true)
  output.error(new DistError('file.unreadable', `Cannot read "${NAME}"`))
  assert.equal(JSON.parse(texts.stderr).error.message, `Cannot read "${NAME}"`)
  assert.equal(texts.stderr.trimEnd().split('\n').length, 1)
})

test('Output: an error that nobody foresaw has the code of one', () => {
  const { output, texts } = written(true)
  output.error(new TypeError('x is not a function'))
  const { code, message } = JSON.parse(texts.stderr).error
  assert.deepEqual([code, message], ['internal', 'dist failed unexpectedly: x is not a function'])
})

test('Output: a failure of the system that nobody has words for still gets a sentence', () => {
  const { output, texts } = written()
  output.error(Object.assign(new Error('EIO: i/o error, lstat'), { code: 'EIO', syscall: 'lstat', path: '/x\ny' }))
  assert.equal(texts.stderr, 'error: Cannot use "/x\\u{a}y": the device failed (EIO)\n')
})
