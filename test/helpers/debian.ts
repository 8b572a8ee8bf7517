import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** Test files run side by side, and apt-get refuses to wait for another one at the lists of packages. */
const LOCK = join(tmpdir(), 'distd-apt-get.lock')

/** Installs Debian packages whose program is not on the path yet; needs root only then. */
export function needPrograms(packageOf: Readonly<Record<string, string>>): void {
  const missing = Object.entries(packageOf).filter(
    ([program]) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  )
  if (missing.length === 0) return
  const packages = missing.map(([, name]) => name)
  const areThere = missing.map(([program]) => `command -v ${program} >/dev/null`).join(' && ')
  const install = `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`
  // Whoever held the lock before may have installed the same.
  const script = `exec 9>"$LOCK" && flock 9 && { { ${areThere}; } || { ${install}; }; }`
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LOCK }
  const { status, stderr } = spawnSync('sh', ['-c', script], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`Cannot install ${packages.join(', ')}: apt-get ended with ${status}\n${stderr}`)
}
