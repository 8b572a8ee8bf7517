import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import type { PublishResult } from '../../src/model/publish-result.ts'
import { summary, writeStepOutputs } from './step-outputs.ts'

const EVIL = 'x\n::error::injected\r\u2028y=1\u2029'

/** What a server would answer that wants to write lines of its own. */
const RESULT = {
  created: true,
  app: { id: 'app_1', slug: 'notes' },
  release: { id: EVIL, ref: EVIL, url: `https://a.example/${EVIL}) | [x](`, setUrl: EVIL, state: 'announced' },
  artifacts: [{ fileName: EVIL, url: EVIL, platform: 'linux', arch: 'x64', digest: `sha256:${'0'.repeat(64)}` }],
  channel: { name: EVIL, moved: false, installUrl: EVIL, qrUrl: EVIL, reason: { code: 'x', message: EVIL } },
} as unknown as PublishResult

test('writeStepOutputs() writes a line for each output, whatever the server answers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    const path = join(folder, 'out')
    assert.deepEqual(await writeStepOutputs(RESULT, { GITHUB_OUTPUT: path }), [])
    const lines = (await readFile(path, 'utf8')).trimEnd().split(/[\r\n\u2028\u2029]/)
    assert.deepEqual(
      lines.map((line) => line.split('=', 1)[0]),
      ['release_id', 'release_ref', 'release_url', 'set_url', 'created', 'install_url', 'qrcode_url', 'channel_moved'],
    )
    const problems = await writeStepOutputs(RESULT, { GITHUB_OUTPUT: join(folder, 'absent', 'out') })
    assert.deepEqual(problems, ['Cannot write GITHUB_OUTPUT: there is no such file'])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('summary() has as many lines as rows, and links that end where they end', () => {
  const text = summary(RESULT)
  assert.equal(text.split(/[\r\n\u2028\u2029]/).length, 11)
  assert.doesNotMatch(text, /^\s*::/m)
  assert.match(text, /^\[Release\]\(https:\/\/a\.example\/x::error::injectedy=1%29%20%7C%20\[x\]%28\), announced$/m)
})
