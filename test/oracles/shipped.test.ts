import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOfFile } from '../../cli/upload/file-source.ts'
import { codesOf, inspectFile } from './ours.ts'
import { nameOf, samples } from './samples.ts'
import { told } from './tool.ts'

/** Packages that people install every day: none of them may be refused. */
const shipped = await samples(({ origin, path }) => origin.startsWith('npm:') && !path.endsWith('.plist'))

for (const sample of shipped) {
  test(`${nameOf(sample)}: nothing in it blocks a release`, async () => {
    const report = await inspectFile(sample.file)
    assert.deepEqual(codesOf(report, 'error'), [], JSON.stringify(report.checks))
  })
}

test('digests of all samples are those of sha256sum', async () => {
  const files = shipped.map(({ file }) => file)
  const lines = String(await told('sha256sum', files))
    .trim()
    .split('\n')
  const ours = await Promise.all(files.map((file) => digestOfFile(file)))
  assert.deepEqual(
    ours.map(({ digest }) => String(digest).replace(/^sha256:/, '')),
    lines.map((line) => line.replace(/^\\/, '').slice(0, 64)),
  )
})
