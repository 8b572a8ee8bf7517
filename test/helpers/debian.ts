import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** Installs Debian packages whose program is not on the path yet; needs root only then. */
export function needPrograms(packageOf: Readonly<Record<string, string>>): void {
  const missing = Object.entries(packageOf).filter(
    ([program]) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  )
  if (missing.length === 0) return
  const packages = missing.map(([, name]) => name)
  const script = `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stderr } = spawnSync('sh', ['-c', script], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`Cannot install ${packages.join(', ')}: apt-get ended with ${status}\n${stderr}`)
}
