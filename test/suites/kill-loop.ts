import assert from 'node:assert/strict'
import { join } from 'node:path'
import { verifyData } from '../helpers/data-verifier.ts'
import { createLedger, type Ledger } from '../helpers/ledger.ts'
import { publishClient } from '../helpers/publish-client.ts'
import { branchPusher, releasePublisher, seeded, tokenRevoker } from '../helpers/publishers.ts'
import { createToken, inFolder, startServer, until } from '../helpers/server.ts'

/** Answers that a server may give before its end comes near. */
const ANSWERS = 60
/** After those it lives for at most this long. */
const LIVES_MS = 150
/** In one of so many rounds it lives until a release was announced: the first inspection waits for a thread to start. */
const ANNOUNCES_EVERY = 4
const PUBLISHERS = 4

/**
 * Kills a server under concurrent publishers, starts it again on the same folder and verifies it against everything
 * that was ever acknowledged, `rounds` times. The publishers go on where they were.
 * @param maxStartMs what a start after a kill may take; infinite where others use the machine, too
 * @returns figures for people
 */
export function killLoop(
  rounds: number,
  maxStartMs = Number.POSITIVE_INFINITY,
  seed = Date.now() % 2 ** 32,
): Promise<string> {
  return inFolder(async (folder) => {
    const data = join(folder, 'data')
    const random = seeded(seed)
    const ledger = createLedger()
    const token = await createToken(data, '--allow', 'publish,promote,admin')
    const apps = Array.from({ length: PUBLISHERS }, (_, i) => `app-${i}`)
    const workers = [
      ...apps.map((app) => releasePublisher(ledger, app, token, random)),
      branchPusher(ledger, 'app-0', token, random),
      tokenRevoker(ledger, token, random),
    ]
    const seen = new Map<string, string>()
    const startMs: number[] = []
    let figures = { blobs: 0, releases: 0, auditEvents: 0, openUploads: 0 }
    let server = await startServer({ data })
    try {
      for (const app of apps) await publishClient(server.url, token).createApp(app)
      for (let round = 1; round <= rounds; round++) {
        const name = `round ${round} of seed ${seed}`
        const dying = server
        const ended = new AbortController()
        const work = Promise.all(workers.map((worker) => worker.work(dying.url, ended.signal)))
        // A worker that fails must not be an unhandled rejection while the server still has to be killed.
        work.catch(() => undefined)
        // Milliseconds alone would kill a cold process before it did anything.
        const enough = ledger.answers + Math.floor(random() * ANSWERS)
        await Promise.race([until('enough is answered', () => ledger.answers >= enough), work])
        if (round % ANNOUNCES_EVERY === 1) {
          const before = announced(ledger)
          await Promise.race([until('a release is announced', () => announced(ledger) > before), work])
        }
        await new Promise((resolve) => setTimeout(resolve, random() * LIVES_MS))
        await dying.kill()
        ended.abort()
        await work.catch((error: unknown) => {
          throw new Error(`${name}: a publisher got a wrong answer`, { cause: error })
        })

        server = await startServer({ data })
        startMs.push(server.startMs)
        const recovered = server.log().find(({ msg }) => msg === 'recovered after an unclean stop')
        assert.ok(recovered, `${name}: the server did not notice that it was killed`)
        assert.equal(recovered.damagedBlobs, 0, name)
        if (round % 100 === 0 || round === rounds) seen.clear()
        const verified = await verifyData({ data, ledger, seen })
        assert.deepEqual(verified.problems, [], name)
        figures = verified
        await checkOverHttp(server.url, ledger.revokedTokens)
      }
      assert.equal(await server.stop(), 0)
    } finally {
      await server.kill()
    }
    const acknowledged = announced(ledger)
    assert.ok(acknowledged > 0, 'nothing was ever published: the loop proves nothing')
    const pushes = [...ledger.pushes.values()].reduce((sum, { acknowledged: last }) => sum + last + 1, 0)
    assert.ok(pushes > 0, 'nothing was ever pushed')
    const moves = [...ledger.moves.values()].reduce((sum, list) => sum + list.length, 0)
    startMs.sort((a, b) => a - b)
    const slowestMs = startMs.at(-1) ?? Number.NaN
    assert.ok(slowestMs <= maxStartMs, `a start took ${Math.round(slowestMs)} ms, which is more than ${maxStartMs}`)
    return (
      `${rounds} kills, seed ${seed}: acknowledged ${ledger.uploads.size} uploads, ${acknowledged} releases, ` +
      `${moves} moves, ${pushes} pushes, ${ledger.revokedTokens.size} revocations; ${figures.auditEvents} audit events, ` +
      `${figures.blobs} blobs; start median ${Math.round(startMs[startMs.length >> 1] ?? 0)} ms, ` +
      `slowest ${Math.round(slowestMs)} ms`
    )
  })
}

function announced({ releases }: Ledger): number {
  return [...releases.values()].filter(({ stage }) => stage === 'announced').length
}

/** A token whose revocation was acknowledged opens nothing, also after the crash. */
async function checkOverHttp(url: string, revoked: ReadonlyMap<string, { readonly secret: string }>): Promise<void> {
  const last = [...revoked.values()].at(-1)
  if (last) assert.equal((await publishClient(url, last.secret).ask('GET', '/api/v1/whoami')).status, 401)
}
