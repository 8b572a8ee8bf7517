import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const CUT_SHELLS = [['dash'], ['bash'], ['busybox', 'ash']] as const

/** From `first` to `last` and no further. */
export function range(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, i) => first + i * step)
}

/** Each prefix from a pipe to a shell of its own, as `curl | sh` does. It is well where nothing began, and only there. */
const LOOP = `
LC_ALL=C
script=$(cat script; printf x)
script=\${script%x}
begins=$1
shift
while read -r length; do
  printf %s "\${script:0:length}" | "$@" >/dev/null 2>&1
  status=$?
  if ((status == 0 && length > begins)); then echo "ran $length"; fi
done
`

/**
 * Runs a script cut at each of these lengths, in a home of its own, with programs to download with that leave a mark.
 * @returns what happened: nothing, where all is well
 */
export function runCut(shell: readonly string[], script: string, lengths: readonly number[]): string[] {
  assert.match(script, /^[ -~\n]*$/, 'bytes are characters')
  const folder = mkdtempSync(join(tmpdir(), 'distd-cut-'))
  try {
    const [home, trap] = [join(folder, 'home'), join(folder, 'trap')]
    mkdirSync(home)
    mkdirSync(trap)
    for (const name of ['curl', 'wget']) {
      writeFileSync(join(trap, name), `#!/bin/sh\n: >>'${home}/downloaded'\nexit 1\n`)
      chmodSync(join(trap, name), 0o755)
    }
    writeFileSync(join(folder, 'script'), script)
    writeFileSync(join(folder, 'loop'), LOOP)
    const begins = script.indexOf('\n{') + 1
    const ended = spawnSync('bash', ['loop', String(begins), ...shell], {
      input: lengths.map((length) => `${length}\n`).join(''),
      encoding: 'utf8',
      cwd: folder,
      env: { PATH: `${trap}:/usr/bin:/bin`, HOME: home, TMPDIR: home, DIST_TOKEN: 'distr_x' },
    })
    assert.equal(ended.status, 0, ended.stderr)
    const left = readdirSync(home).map((name) => `left ${name}`)
    const beside = readdirSync(folder).filter((name) => !['home', 'trap', 'script', 'loop'].includes(name))
    return [...ended.stdout.split('\n').filter((line) => line !== ''), ...left, ...beside]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
