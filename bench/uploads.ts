import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Distd, openUpload, startDistd, writeRandomFile } from './distd.ts'
import { alternate, type Figures, GIB, MB, percentile, timed } from './measure.ts'
import { type Peer, startRegistry } from './peers.ts'
import { type Process, run } from './processes.ts'
import { absoluteLine, type Line, ratioLine } from './report.ts'

/** A file with bytes that neither side has seen, so that nothing is skipped. */
function fresh(folder: string, sizeBytes: number): { path: string; digest: string } {
  const path = join(folder, 'upload.bin')
  return { path, digest: writeRandomFile(path, sizeBytes) }
}

function toDistd(distd: Distd, folder: string): () => Promise<Figures> {
  return async () => {
    const { path, digest } = fresh(folder, GIB)
    const url = await openUpload(distd, 'upload.bin', GIB, digest)
    return timed(distd, GIB, () =>
      run([
        'curl',
        '-sSf',
        '-X',
        'PATCH',
        '-T',
        path,
        '-o',
        '/dev/null',
        '-H',
        `Authorization: Bearer ${distd.token}`,
        '-H',
        'Content-Type: application/partial-upload',
        '-H',
        'Upload-Offset: 0',
        '-H',
        'Expect:',
        url,
      ]),
    )
  }
}

async function registryLocation(registry: Peer, name: string): Promise<string> {
  const response = await fetch(`${registry.url}/v2/${name}/blobs/uploads/`, { method: 'POST' })
  await response.arrayBuffer()
  const location = new URL(response.headers.get('location')!, registry.url)
  return location.href
}

function toRegistry(registry: Peer, folder: string): () => Promise<Figures> {
  return async () => {
    const { path, digest } = fresh(folder, GIB)
    const location = await registryLocation(registry, 'bench')
    return timed(registry, GIB, () =>
      run([
        'curl',
        '-sSf',
        '-T',
        path,
        '-o',
        '/dev/null',
        '-H',
        'Expect:',
        '-H',
        'Content-Type: application/octet-stream',
        `${location}&digest=${digest}`,
      ]),
    )
  }
}

/** What the machine can do at all: copy through a pipe into a file while openssl hashes. */
function toPipe(folder: string): () => Promise<Figures> {
  return async () => {
    const { path } = fresh(folder, GIB)
    const startedAt = performance.now()
    await run([
      'bash',
      '-c',
      'set -o pipefail; tee "$1" < "$0" | openssl dgst -sha256 >/dev/null && sync "$1"',
      path,
      join(folder, 'copy.bin'),
    ])
    return { mbPerSecond: GIB / MB / ((performance.now() - startedAt) / 1000) }
  }
}

/** CPU seconds of nothing but hashing 1 GiB with the runtime's own SHA-256. */
async function hashSecondsPerGib(): Promise<number> {
  const program = `
    const block = crypto.getRandomValues(new Uint8Array(65536))
    const hash = new Bun.CryptoHasher('sha256')
    for (let at = 0; at < ${GIB}; at += block.length) hash.update(block)
    hash.digest('hex')
    const { user, system } = process.cpuUsage()
    console.log((user + system) / 1e6)`
  return Number(await run(['bun', '-e', program]))
}

const COUNT = 200
const EACH = 1024 ** 2

interface Burst {
  readonly send: (bytes: Uint8Array<ArrayBuffer>, digest: string) => Promise<void>
  readonly server: Process
}

async function burst({ send, server }: Burst): Promise<Figures> {
  const bodies = Array.from({ length: COUNT }, () => {
    const bytes = new Uint8Array(randomBytes(EACH))
    return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
  })
  const latencies: number[] = []
  const startedAt = performance.now()
  await Promise.all(
    bodies.map(async ({ bytes, digest }) => {
      await send(bytes, digest)
      latencies.push(performance.now() - startedAt)
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  return {
    mbPerSecond: (COUNT * EACH) / MB / seconds,
    p99: percentile(latencies, 0.99),
    peakMb: server.peakBytes() / MB,
  }
}

function burstDistd(distd: Distd): Burst {
  return {
    server: distd,
    async send(bytes, digest) {
      const url = await openUpload(distd, 'part.bin', bytes.byteLength, digest)
      const response = await fetch(url, {
        method: 'PATCH',
        body: bytes,
        headers: {
          Authorization: `Bearer ${distd.token}`,
          'Content-Type': 'application/partial-upload',
          'Upload-Offset': '0',
        },
      })
      if (response.status !== 200) throw new Error(`upload answered ${response.status}`)
      await response.arrayBuffer()
    },
  }
}

function burstRegistry(registry: Peer): Burst {
  return {
    server: registry,
    async send(bytes, digest) {
      const location = await registryLocation(registry, 'burst')
      const response = await fetch(`${location}&digest=${digest}`, {
        method: 'PUT',
        body: bytes,
        headers: { 'Content-Type': 'application/octet-stream' },
      })
      if (response.status !== 201) throw new Error(`registry answered ${response.status}`)
      await response.arrayBuffer()
    },
  }
}

/** Peak memory of one 1 GiB upload: the server's, and that of `dist`, each a fresh process. */
async function memoryRows(folder: string): Promise<Line[]> {
  const distd = await startDistd('binary')
  try {
    const { path } = fresh(folder, GIB)
    const text = await run(
      [
        '/usr/bin/env',
        'bash',
        '-c',
        '"$@" >/dev/null 2>&1 & pid=$!; peak=0; while kill -0 $pid 2>/dev/null; do now=$(awk "/VmHWM/{print \\$2}" /proc/$pid/status 2>/dev/null); [ -n "$now" ] && peak=$now; sleep 0.05; done; wait $pid || exit 1; echo $peak',
        'bash',
        'build/dist',
        'publish',
        path,
        '--app',
        'bench',
        '--version',
        '1.0.0',
        '--platform',
        'linux',
        '--json',
      ],
      { env: { DIST_SERVER: distd.url, DIST_TOKEN: distd.token } },
    )
    const client = (Number(text.trim()) * 1024) / MB
    const server = distd.peakBytes() / MB
    return [
      absoluteLine('peak memory of one 1 GiB upload, server', [server], 'MB', { atMost: 130 }, { atMost: 90 }),
      absoluteLine('peak memory of one 1 GiB upload, dist', [client], 'MB', { atMost: 130 }, { atMost: 90 }),
    ]
  } finally {
    await distd.remove()
  }
}

/** The upload rows: durable and checked on our side, beside a registry that does not flush. */
export async function uploadRows(runs: number): Promise<Line[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-upload-'))
  const lines: Line[] = []
  try {
    const distd = await startDistd('binary')
    const registry = await startRegistry()
    const big = await alternate(runs, toDistd(distd, folder), toRegistry(registry, folder))
    lines.push(
      ratioLine(
        '1 GiB upload, flushed and checked, vs docker-registry, MB/s',
        big,
        'mbPerSecond',
        { atLeast: 2.5 },
        { atLeast: 3.5 },
      ),
    )
    lines.push(ratioLine('… server CPU s/GiB', big, 'cpuPerGib', { atMost: 0.6 }, { atMost: 0.35 }))
    lines.push(absoluteLine('… of which SHA-256, measured alone on this machine', [await hashSecondsPerGib()], 's/GiB'))
    const pipe = await alternate(runs, toDistd(distd, folder), toPipe(folder))
    lines.push(
      ratioLine('1 GiB upload vs tee | openssl dgst, MB/s', pipe, 'mbPerSecond', { atLeast: 0.5 }, { atLeast: 0.8 }),
    )
    await distd.remove()
    await registry.remove()

    const freshDistd = await startDistd('binary')
    const freshRegistry = await startRegistry()
    const parts = await alternate(
      runs,
      () => burst(burstDistd(freshDistd)),
      () => burst(burstRegistry(freshRegistry)),
    )
    lines.push(
      ratioLine(
        '200 concurrent 1 MiB uploads vs docker-registry, MB/s',
        parts,
        'mbPerSecond',
        { atLeast: 2 },
        { atLeast: 4 },
      ),
    )
    lines.push(ratioLine('… 99th percentile, ms', parts, 'p99', { atMost: 0.5 }, { atMost: 0.25 }))
    lines.push(
      absoluteLine('… peak memory of the server', [parts.ours.at(-1)!.peakMb!], 'MB', { atMost: 250 }, { atMost: 150 }),
    )
    await freshDistd.remove()
    await freshRegistry.remove()
    lines.push(...(await memoryRows(folder)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return lines
}
