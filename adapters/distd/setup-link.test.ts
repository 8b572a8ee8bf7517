import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { Config } from '../../src/config.ts'
import { findAccountLink } from '../../src/people/account-links.ts'
import { createAdmin } from '../../src/people/setup.ts'
import { type FixedClock, fixedClock } from '../../test/helpers/fixed-clock.ts'
import { currentRuntime } from '../../test/helpers/runtime.ts'
import { type Opened, openAsServer } from './open.ts'
import { offerSetup, type SetupOffer } from './setup-link.ts'

const MINUTE = 60_000
const PASSWORD = 'nine blue walls of chalk'

interface Scene {
  readonly deps: Opened['deps']
  readonly clock: FixedClock
  readonly file: string
  readonly log: unknown[]
  /** What a start of the server does. */
  offer(): Promise<SetupOffer>
  /** The secret in the file. */
  secret(): Promise<string>
  works(secret: string): boolean
}

async function inScene(work: (scene: Scene) => Promise<void>, settings: Partial<Config> = {}): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'dist-setup-'))
  const log: unknown[] = []
  const clock = fixedClock()
  const opened = await openAsServer(await currentRuntime(), Config.parse({ ...settings, data }), () => undefined)
  const deps: Opened['deps'] = { ...opened.deps, clock, log: (...line) => void log.push(line) }
  const file = join(data, 'config/setup-link')
  const offers: SetupOffer[] = []
  try {
    await work({
      deps,
      clock,
      file,
      log,
      async offer() {
        const offer = await offerSetup(deps, 'https://dist.example')
        offers.push(offer)
        return offer
      },
      async secret() {
        const text = await readFile(file, 'utf8')
        assert.match(text, /^https:\/\/dist\.example\/setup\/distb_[0-9A-Za-z]{48}\n$/)
        return text.trim().slice('https://dist.example/setup/'.length)
      },
      works: (secret) => findAccountLink(deps, secret) !== undefined,
    })
  } finally {
    for (const offer of offers) await offer.stop()
    await opened.close()
    await rm(data, { recursive: true, force: true })
  }
}

const makeAdmin = ({ deps }: Scene) => createAdmin(deps, 'ada', PASSWORD, SYSTEM_CAUSE)

test('offerSetup() writes the link to a private file and to a terminal, and logs where it is and not what', () =>
  inScene(async ({ offer, secret, works, file, log, deps, clock }) => {
    await writeFile(file, 'of an earlier start', { mode: 0o644 })
    const { words } = await offer()
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual((await readdir(join(file, '..'))).sort(), ['setup-link', 'signing.key'])
    const link = await secret()
    assert.ok(works(link))
    assert.ok(words?.includes(`https://dist.example/setup/${link}\n`))
    const expiresAt = new Date(clock.now() + 30 * MINUTE).toISOString()
    assert.deepEqual(log, [['info', 'there is no admin yet: open the link in the file', { file, expiresAt }]])
    const kept = await deps.store.reads.selectFrom('account_links').selectAll().execute()
    assert.equal(kept.length, 1)
    assert.ok(!JSON.stringify(kept).includes(link))
  }))

test('offerSetup() makes a new link at every start without an admin, and the one before it is dead', () =>
  inScene(async ({ offer, secret, works }) => {
    await offer()
    const first = await secret()
    await offer()
    const second = await secret()
    assert.notEqual(second, first)
    assert.deepEqual([works(first), works(second)], [false, true])
  }))

test('the file of the setup link goes when somebody becomes admin, also by a command beside the server', () =>
  inScene(async (scene) => {
    const { look } = await scene.offer()
    const link = await scene.secret()
    await look()
    assert.ok(existsSync(scene.file))
    await makeAdmin(scene)
    await look()
    assert.ok(!existsSync(scene.file))
    assert.ok(!scene.works(link))
    await look()
  }))

test('somebody who was only invited as an admin does not end the setup link', () =>
  inScene(async (scene) => {
    const { look } = await scene.offer()
    await createAdmin(scene.deps, 'ada', null, SYSTEM_CAUSE)
    await look()
    assert.ok(scene.works(await scene.secret()))
  }))

test('offerSetup() with an admin offers nothing, and removes what was left', () =>
  inScene(async (scene) => {
    await makeAdmin(scene)
    await writeFile(scene.file, 'https://dist.example/setup/distb_left\n')
    assert.equal((await scene.offer()).words, undefined)
    assert.ok(!existsSync(scene.file))
    assert.deepEqual(scene.log, [])
  }))

test('the setup link and its file end after 30 minutes', () =>
  inScene(async ({ offer, secret, works, clock, file, log }) => {
    const { look } = await offer()
    const link = await secret()
    await clock.advance(30 * MINUTE - 1)
    await look()
    assert.ok(works(link) && existsSync(file))
    await clock.advance(1)
    assert.ok(!works(link))
    await look()
    assert.ok(!existsSync(file))
    assert.match(JSON.stringify(log.at(-1)), /start again for a new one, or run `distd admin create`/)
    assert.ok(!JSON.stringify(log).includes(link))
  }))

test('a clock that is set back does not give a setup link more than 30 minutes', () =>
  inScene(async ({ offer, secret, works, clock, file }) => {
    const { look } = await offer()
    const link = await secret()
    clock.setNow(clock.now() - 3 * 3_600_000)
    await clock.advance(30 * MINUTE)
    await look()
    assert.ok(!works(link) && !existsSync(file))
  }))

test('a clock that is set forward soon after the start, as on machines that keep no time, leaves a link that works', () =>
  inScene(async ({ offer, secret, works, clock, file }) => {
    const { look } = await offer()
    const early = await secret()
    clock.setNow(clock.now() + 365 * 86_400_000)
    assert.ok(!works(early))
    await look()
    const link = await secret()
    assert.ok(works(link) && link !== early)
    await clock.advance(30 * MINUTE)
    await look()
    assert.ok(!works(link) && !existsSync(file))
  }))

test('with a setup token no link lies around, and one from an earlier start is dead', () =>
  inScene(
    async (scene) => {
      const earlier = await offerSetup(
        { ...scene.deps, config: { ...scene.deps.config, setupToken: undefined } },
        'https://dist.example',
      )
      const link = await scene.secret()
      await earlier.stop()
      const { words } = await scene.offer()
      assert.match(words ?? '', /DISTD_SETUP_TOKEN.*\n\n {2}https:\/\/dist\.example\/setup\n/)
      assert.ok(!existsSync(scene.file) && !scene.works(link))
      const told = JSON.stringify([words, scene.log])
      assert.ok(!told.includes(scene.deps.config.setupToken!) && !told.includes(link))
    },
    { setupToken: 'canary-of-the-setup-token-0123456789' },
  ))

test('a setup link that cannot be written is told as such, and a terminal still has it', () =>
  inScene(async ({ offer, works, file, log }) => {
    await mkdir(join(file, 'not-a-file'), { recursive: true })
    const { words, look } = await offer()
    const link = /distb_[0-9A-Za-z]{48}/.exec(words ?? '')?.[0] ?? ''
    assert.ok(works(link))
    const said = JSON.stringify(log)
    assert.match(said, /^\[\["error","there is no admin yet, and no link to make one can be written: run `distd admin/)
    assert.ok(!said.includes(link))
    assert.deepEqual((await readdir(join(file, '..'))).sort(), ['setup-link', 'signing.key'])
    await look()
  }))
