import assert from 'node:assert/strict'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PublishResult } from '../../src/model/publish-result.ts'
import { createToken, peakMemory, startDist, testRuntime, withServer } from '../helpers/server.ts'

const MIB = 1024 ** 2

/** Most memory that server and client may take for a file of any size. */
const MAX_BYTES = (testRuntime === 'bun' || testRuntime === 'binary' ? 150 : 300) * MIB

/** The digest of a file of zeros, which no test has to compute: 512 MiB and 2 GiB (`head -c … /dev/zero | sha256sum`). */
const DIGEST_OF_ZEROS: Readonly<Record<number, string>> = {
  512: 'sha256:9acca8e8c22201155389f65abbf6bc9723edc7384ead80503839f49dcc56d767',
  2048: 'sha256:a7c744c13cc101ed66c29f672f92455547889cc586ce6d44fe76ae824958ea51',
}

/**
 * Publishes one sparse file of `mib` MiB with `dist publish` and watches the memory of both programs.
 * @returns figures for people
 */
export function bigUpload(mib: 512 | 2048): Promise<string> {
  return withServer(async (server, folder) => {
    const token = await createToken(server.data, '--allow', 'publish')
    const file = join(folder, 'large.bin')
    writeFileSync(file, '')
    truncateSync(file, mib * MIB)

    const started = performance.now()
    const client = startDist(
      [
        ...['publish', file, '--app', 'large', '--version', '1.0.0', '--visibility', 'public', '--json'],
        ...['--platform', 'linux', '--arch', 'x64'],
      ],
      { env: { DIST_SERVER: server.url, DIST_TOKEN: token } },
    )
    let clientPeak = 0
    const timer = setInterval(() => {
      clientPeak = peakMemory(client.pid) ?? clientPeak
    }, 20)
    const code = await client.ended
    clearInterval(timer)
    const seconds = (performance.now() - started) / 1000
    assert.equal(code, 0, client.stderr)
    const [artifact] = PublishResult.parse(JSON.parse(client.stdout)).artifacts
    assert.deepEqual([artifact?.digest, artifact?.sizeBytes], [DIGEST_OF_ZEROS[mib], mib * MIB])

    const serverPeak = peakMemory(server.pid) ?? 0
    const figures = `${mib} MiB in ${seconds.toFixed(1)} s; peak of server ${inMib(serverPeak)}, of client ${inMib(clientPeak)}`
    assert.ok(serverPeak > 0 && serverPeak < MAX_BYTES, figures)
    assert.ok(clientPeak > 0 && clientPeak < MAX_BYTES, figures)
    return figures
  })
}

function inMib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`
}
