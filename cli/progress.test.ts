import assert from 'node:assert/strict'
import test from 'node:test'
import { Output } from './output.ts'
import { Progress, progressLines, totalLine } from './progress.ts'
import { displayWidth } from './width.ts'

function output(isTTY: boolean): { output: Output; text: () => string } {
  const written: string[] = []
  const sink = { isTTY, columns: 80, write: (chunk: string | Uint8Array) => void written.push(String(chunk)) }
  return { output: new Output({ json: true, stdout: sink, stderr: sink }), text: () => written.join('') }
}

test('totalLine() tells files, bytes, rate and time left', () => {
  const files = [
    { name: 'a', sizeBytes: 100 << 20, stage: 'uploaded', doneBytes: 0 },
    { name: 'b', sizeBytes: 300 << 20, stage: 'uploading', doneBytes: 100 << 20 },
    { name: 'c', sizeBytes: 0, stage: 'waiting', doneBytes: 0 },
  ] as const
  assert.equal(totalLine(files, 2 << 20), '1 of 3 files, 200 MiB of 400 MiB, 2.0 MiB/s, 1 min 40 s left')
  assert.equal(totalLine(files, 0), '1 of 3 files, 200 MiB of 400 MiB')
})

test('progressLines() shows the files under way and never exceeds the terminal', () => {
  const files = Array.from({ length: 20 }, (_, i) => ({
    name: `日本語の${'とても'.repeat(20)}${i}\u001b[2J.apk`,
    sizeBytes: 1000,
    stage: 'uploading' as const,
    doneBytes: 500,
  }))
  const lines = progressLines(files, 10, 60)
  assert.equal(lines.length, 9)
  for (const line of lines) {
    assert.ok(displayWidth(line) < 60, line)
    assert.ok(!line.includes('\u001b'))
  }
  assert.match(progressLines([files[0]!], 10, 100)[0]!, /uploading \[#{8}\.{8}] {2}50% of 1000 B/)
})

test('Progress draws over itself on a terminal and makes way for words', () => {
  const { output: out, text } = output(true)
  let now = 0
  const progress = new Progress(out, () => now)
  const report = progress.file('a.apk', 1000)
  report('uploading', 0)
  now = 200
  report('uploading', 500)
  assert.match(text(), /a\.apk .*50%/)
  now = 400
  report('uploading', 900)
  assert.ok(text().includes('\u001b[2A\u001b[J'))
  out.note('words')
  progress.end()
  assert.ok(text().endsWith('\u001b[2A\u001b[Jwords\n'))
})

test('Progress writes a line per finished file where there is no terminal', () => {
  const { output: out, text } = output(false)
  const progress = new Progress(out, () => 0)
  const report = progress.file('a.apk', 2048)
  report('reading', 2048)
  report('uploading', 1024)
  report('uploaded')
  progress.end()
  assert.equal(text(), 'uploaded: a.apk (2.0 KiB)\n')
})
