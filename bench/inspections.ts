import { createHash, randomBytes } from 'node:crypto'
import { buildApk } from '../test/fixtures/build-apk.ts'
import { buildSigner } from '../test/fixtures/build-certificate.ts'
import { signApk } from '../test/fixtures/sign-apk.ts'
import { publishClient } from '../test/helpers/publish-client.ts'
import { type Distd, startDistd } from './distd.ts'
import { alternate, type Figures } from './measure.ts'
import { type Line, ratioLine } from './report.ts'
import { wrk } from './wrk.ts'

const INSPECTIONS = 20
/** Verifying its signature hashes all of it. */
const APK_BYTES = 16 << 20

/** Uploads packages that differ in one member; gives the ids of the uploads. */
async function packages(distd: Distd): Promise<string[]> {
  const client = publishClient(distd.url, distd.token)
  const signer = await buildSigner()
  const ids: string[] = []
  for (let i = 0; i < INSPECTIONS; i++) {
    const data = randomBytes(APK_BYTES)
    const apk = buildApk({ versionCode: i + 1, extra: [{ name: 'assets/video.bin', data, method: 0 }] })
    ids.push(await client.upload(`notes-${i}.apk`, await signApk(apk, [{ scheme: 2, signer }])))
  }
  return ids
}

/** Keeps every package being attached to ever new drafts, and so inspected, until it is told to stop. */
function inspecting(distd: Distd, uploads: readonly string[]): { stop(): Promise<number> } {
  const client = publishClient(distd.url, distd.token)
  let isOn = true
  const workers = uploads.map(async (uploadId) => {
    let done = 0
    while (isOn) {
      const version = createHash('sha256').update(randomBytes(8)).digest('hex').slice(0, 12)
      const { json } = await client.call('POST', '/apps/bench/releases', [200, 201], { body: { version } })
      await client.call('POST', `/apps/bench/releases/${json.id}/artifacts`, [201], { body: { uploadId } })
      done++
    }
    return done
  })
  return {
    async stop() {
      isOn = false
      return (await Promise.all(workers)).reduce((sum, done) => sum + done)
    },
  }
}

/** What downloads lose while 20 packages are inspected at once; the peer is the same server with nothing beside them. */
export async function inspectionRows(runs: number): Promise<Line[]> {
  const distd = await startDistd('binary')
  try {
    const client = publishClient(distd.url, distd.token)
    await client.createApp('bench')
    await client.release('bench', '1.0.0', { 'small.bin': Uint8Array.from(randomBytes(64 << 10)) })
    const uploads = await packages(distd)
    const url = `${distd.url}/bench/releases/1.0.0/small.bin`
    const downloads = async (): Promise<Figures> => {
      const { requests, p99Ms } = await wrk(['-t1', '-c8', '-d4s', '--latency'], url)
      return { perSecond: requests, p99Ms: p99Ms! }
    }
    let inspected = 0
    const beside = async () => {
      const work = inspecting(distd, uploads)
      const figures = await downloads()
      inspected += await work.stop()
      return figures
    }
    const pair = await alternate(runs, beside, downloads)
    if (inspected < INSPECTIONS) throw new Error('too few packages were inspected to say anything')
    return [
      ratioLine('64 KiB file beside 20 inspections vs alone, requests/s', pair, 'perSecond'),
      ratioLine('… p99 ms', pair, 'p99Ms'),
    ]
  } finally {
    await distd.remove()
  }
}
