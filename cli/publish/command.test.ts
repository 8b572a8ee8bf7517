import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { buildApk } from '../../test/fixtures/build-apk.ts'
import { buildDeb } from '../../test/fixtures/build-deb.ts'
import { type DistRun, dist } from '../../test/helpers/dist.ts'
import { type ServedApp, serveTestApp } from '../../test/helpers/served-app.ts'

interface World {
  readonly app: ServedApp
  readonly folder: string
  /** Runs with the token of an admin, in `folder`. */
  readonly run: (line: string) => Promise<DistRun>
}

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const app = await serveTestApp()
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    const { secret: token } = await app.issue({ actions: ['admin'], name: 'root' })
    await work({ app, folder, run: (line) => dist(line.split(' '), { server: app.url, token, cwd: folder }) })
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const count = (text: string, part: string) => text.split(part).length - 1

test('a publish that its channel refuses tells each finding once, and the refusal names all of them', () =>
  inWorld(async ({ folder, run }) => {
    await run('app create notes')
    await run('channel policy notes stable --min-checks no-warnings')
    await writeFile(join(folder, 'notes.apk'), buildApk({ debuggable: true }))
    const refused = await run('publish notes.apk --app notes --version 1.0.0 --channel stable')
    assert.equal(refused.code, 9, refused.stderr)
    const warnings = refused.stderr.split('\n').filter((line) => line.startsWith('warning: notes.apk: '))
    assert.ok(warnings.length >= 2, refused.stderr)
    assert.equal(new Set(warnings).size, warnings.length, refused.stderr)
    const [reason = ''] = /^warning: channel stable was not moved: .*$/m.exec(refused.stderr) ?? []
    for (const line of warnings) {
      const code = /\(([a-z_.0-9]+)\)$/.exec(line)![1]!
      assert.equal(count(reason, code), 1, `${code}: ${reason}`)
    }
    assert.match(reason, / \(channel\.checks\)$/)
  }))

test('all files that cannot be published are told at once, before anything is sent', () =>
  inWorld(async ({ app, folder, run }) => {
    await writeFile(join(folder, 'good.apk'), buildApk())
    await writeFile(join(folder, 'cut.deb'), buildDeb().subarray(0, 150))
    await writeFile(join(folder, 'cut.apk'), buildApk().subarray(0, -40))
    const file = (path: string, more: object = {}) => ({ path, ...more })
    const publish = async (artifacts: readonly object[]) => {
      const manifest = { schema: 1, app: 'notes', version: '1.0.0', artifacts }
      await writeFile(join(folder, 'dist.json'), JSON.stringify(manifest))
      const ran = await run('ci publish --json')
      assert.deepEqual(app.requests, [], 'nothing was sent')
      return ran
    }
    const damaged = await publish([file('cut.deb'), file('good.apk'), file('cut.apk')])
    assert.deepEqual([damaged.code, damaged.error.code], [7, 'release.check_failed'])
    assert.match(damaged.error.message, /^Cannot publish "cut\.deb": .* \(inspect\.unreadable\), and \d more$/)
    const named = (ran: DistRun) => [
      ...new Set(ran.error.details.checks.map((check: { fileName: string }) => check.fileName)),
    ]
    assert.deepEqual(named(damaged), ['cut.deb', 'cut.apk'])
    for (const check of damaged.error.details.checks) assert.equal(check.level, 'error')

    const contradicts = await publish([file('good.apk', { platform: 'ios' }), file('cut.deb')])
    assert.deepEqual([contradicts.code, contradicts.error.code], [7, 'artifact.contradiction'])
    assert.match(contradicts.error.message, /^Cannot accept "good\.apk": .*"android", and \d more$/)
    assert.deepEqual(named(contradicts), ['good.apk', 'cut.deb'])
    const { field, declared, read } = contradicts.error.details
    assert.deepEqual([field, declared, read], ['platform', 'ios', 'android'])
    const alone = await publish([file('good.apk', { platform: 'ios' })])
    assert.match(alone.error.message, /the bytes say "android"$/)

    await writeFile(join(folder, 'tool'), 'just bytes')
    const unknown = await run('publish tool cut.apk --app notes --version 1.0.0')
    assert.equal(unknown.code, 7)
    assert.match(unknown.stderr, /^error: .*"tool".* and \d more\nhint: Give --platform \(and --arch\)/m)
  }))
