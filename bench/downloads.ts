import { linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobFile, type Distd, type Flavour, publishFiles, startDistd, writeRandomFile } from './distd.ts'
import { alternate, type Figures, GIB, MB, timed } from './measure.ts'
import { startBare, startCaddy, startNginx } from './peers.ts'
import { type Process, run } from './processes.ts'
import { type Line, ratioLine } from './report.ts'
import { wrk } from './wrk.ts'

const BIG = GIB
const MIDDLE = 256 * 1024 ** 2
const SMALL = 64 * 1024

/** One release with the three files, and a folder of hard links to the same inodes for the peers. */
async function site(): Promise<{ folder: string; distd: Distd; root: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-files-'))
  const files = [
    ['big.bin', BIG],
    ['middle.bin', MIDDLE],
    ['small.bin', SMALL],
  ] as const
  const distd = await startDistd('binary')
  const written = files.map(([name, size]) => ({
    name,
    path: join(folder, name),
    digest: writeRandomFile(join(folder, name), size),
  }))
  await publishFiles(distd, 'bench', written)
  const root = mkdtempSync(join(tmpdir(), 'bench-root-'))
  for (const file of written) {
    linkSync(blobFile(distd, file.digest), join(root, file.name))
    rmSync(file.path)
  }
  rmSync(folder, { recursive: true })
  return { folder, distd, root }
}

const get = (url: string) => run(['curl', '-sSf', '-o', '/dev/null', url])

function whole(server: Process, url: string): () => Promise<Figures> {
  return () => timed(server, BIG, () => get(url))
}

function eight(server: Process, url: string): () => Promise<Figures> {
  return () => timed(server, 8 * MIDDLE, () => Promise.all(Array.from({ length: 8 }, () => get(url))))
}

function ranges(script: string, url: string): () => Promise<Figures> {
  return async () => ({ mbPerSecond: (await wrk(['-t2', '-c8', '-d4s', '-s', script], url)).bytes / MB })
}

function small(url: string): () => Promise<Figures> {
  return async () => ({ perSecond: (await wrk(['-t2', '-c32', '-d4s'], url)).requests })
}

/** 1 MiB ranges, each client walking through the file. */
const RANGE_SCRIPT = `
local at = 0
request = function()
  at = (at + 7) % 1023
  local from = at * 1048576
  return wrk.format("GET", nil, { ["Range"] = "bytes=" .. from .. "-" .. (from + 1048575) })
end
`

/** The download rows: our binary, Node and Deno beside nginx and caddy on the very same inodes. */
export async function downloadRows(runs: number): Promise<Line[]> {
  const lines: Line[] = []
  const { distd, root } = await site()
  const nginx = await startNginx(root)
  const caddy = await startCaddy(root)
  const bare = await startBare('bun', root)
  const script = join(root, 'ranges.lua')
  writeFileSync(script, RANGE_SCRIPT)
  const ours = (name: string, server: Distd = distd) => `${server.url}/bench/releases/1.0.0/${name}`
  try {
    if (statSync(join(root, 'big.bin')).size !== BIG) throw new Error('the big file is not whole')
    const one = await alternate(runs, whole(distd, ours('big.bin')), whole(nginx, `${nginx.url}/big.bin`))
    lines.push(
      ratioLine('1 GiB, one connection, vs nginx sendfile, MB/s', one, 'mbPerSecond', { atLeast: 0.8 }, { atLeast: 1 }),
    )
    lines.push(ratioLine('… server CPU s/GiB', one, 'cpuPerGib', { atMost: 1.4 }, { atMost: 1.1 }))
    const many = await alternate(runs, eight(distd, ours('middle.bin')), eight(nginx, `${nginx.url}/middle.bin`))
    lines.push(
      ratioLine('8 connections of 256 MiB vs nginx, MB/s', many, 'mbPerSecond', { atLeast: 0.85 }, { atLeast: 1 }),
    )
    const parts = await alternate(runs, ranges(script, ours('big.bin')), ranges(script, `${nginx.url}/big.bin`))
    lines.push(
      ratioLine('1 MiB ranges, 8 connections, vs nginx, MB/s', parts, 'mbPerSecond', { atLeast: 1 }, { atLeast: 1.2 }),
    )
    const bareParts = await alternate(
      runs,
      ranges(script, `${bare.url}/big.bin`),
      ranges(script, `${nginx.url}/big.bin`),
    )
    lines.push(ratioLine('… bare Bun.serve (one event loop) vs nginx (two workers)', bareParts, 'mbPerSecond'))
    const tiny = await alternate(runs, small(ours('small.bin')), small(`${nginx.url}/small.bin`))
    lines.push(ratioLine('64 KiB file vs nginx, requests/s', tiny, 'perSecond', { atLeast: 0.4 }, { atLeast: 0.6 }))
    const bareTiny = await alternate(runs, small(`${bare.url}/small.bin`), small(`${nginx.url}/small.bin`))
    lines.push(ratioLine('… bare Bun.serve (one event loop) vs nginx (two workers)', bareTiny, 'perSecond'))
    const tinyCaddy = await alternate(runs, small(ours('small.bin')), small(`${caddy.url}/small.bin`))
    lines.push(
      ratioLine('64 KiB file vs caddy, requests/s', tinyCaddy, 'perSecond', { atLeast: 0.75 }, { atLeast: 1.2 }),
    )
    await distd.stop()
    for (const flavour of ['node', 'deno'] satisfies Flavour[]) {
      const other = await startDistd(flavour, distd)
      const pair = await alternate(runs, whole(other, ours('big.bin', other)), whole(nginx, `${nginx.url}/big.bin`))
      lines.push(
        ratioLine(
          `1 GiB, one connection, ${flavour} vs nginx, MB/s`,
          pair,
          'mbPerSecond',
          { atLeast: 0.45 },
          { atLeast: 0.7 },
        ),
      )
      await other.stop()
    }
    const bareDeno = await startBare('deno', root)
    const pair = await alternate(runs, whole(bareDeno, `${bareDeno.url}/big.bin`), whole(nginx, `${nginx.url}/big.bin`))
    lines.push(ratioLine('… bare Deno.serve with file.readable vs nginx', pair, 'mbPerSecond'))
    await bareDeno.stop()
  } finally {
    await nginx.remove()
    await caddy.remove()
    await bare.stop()
    await distd.remove()
    rmSync(root, { recursive: true, force: true })
  }
  return lines
}
