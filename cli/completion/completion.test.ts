import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { needPrograms } from '../../test/helpers/debian.ts'
import { COMMANDS, GROUPS } from '../commands.ts'
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { commandTree } from './tree.ts'
import { zshCompletion } from './zsh.ts'

needPrograms({ bash: 'bash', zsh: 'zsh', fish: 'fish' })
const nodes = await commandTree({ commands: COMMANDS, groups: GROUPS })

test('commandTree({ commands: COMMANDS, groups: GROUPS }) has a node with help for every command', () => {
  for (const { words } of COMMANDS) {
    const node = nodes.find((candidate) => candidate.words.join(' ') === words)
    assert.ok(node, words)
    assert.ok(
      node.flags.some(({ name }) => name === '--json'),
      words,
    )
    for (const { name, help } of node.flags) assert.ok(help !== '', `${words} ${name}`)
  }
})

test('commandTree({ commands: COMMANDS, groups: GROUPS }) offers each word once', () => {
  for (const { words, children, flags } of nodes) {
    const names = [...children, ...flags].map(({ name }) => name)
    assert.equal(new Set(names).size, names.length, words.join(' '))
  }
})

for (const [shell, script] of [
  ['bash', bashCompletion(nodes)],
  ['zsh', zshCompletion(nodes)],
  ['fish', fishCompletion(nodes)],
] as const) {
  test(`${shell}Completion() gives a script that ${shell} can read`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'completion-'))
    try {
      writeFileSync(join(folder, 'script'), script)
      const checked = spawnSync(shell, ['-n', join(folder, 'script')], { encoding: 'utf8' })
      assert.equal(checked.status, 0, checked.stderr)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

/** What bash offers when Tab is pressed at the end of the line. */
function offeredByBash(...line: string[]): string[] {
  const run = `${bashCompletion(nodes)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _dist; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = spawnSync('bash', ['-c', run, 'bash', ...line], { encoding: 'utf8' })
  return stdout.split('\n').filter((word) => word !== '')
}

test('bashCompletion() offers commands, flags and the values of a flag', () => {
  const cases: [line: string[], offered: string[]][] = [
    [['dist', 'cha'], ['channel']],
    [
      ['dist', 'channel', 'pr'],
      ['promote', 'protect'],
    ],
    [
      ['dist', 'completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['dist', 'channel', 'policy', 'notes', 'beta', '--min'], ['--min-checks']],
    [
      ['dist', 'channel', 'policy', 'notes', 'beta', '--no-'],
      ['--no-allow-prerelease', '--no-allow-downgrade'],
    ],
    [
      ['dist', 'channel', 'policy', 'notes', 'beta', '--min-checks', 'n'],
      ['none', 'no-warnings'],
    ],
    [['dist', 'app', 'show', 'channel', '--js'], ['--json']],
    [['dist', 'whoami', '--se'], ['--server']],
  ]
  for (const [line, offered] of cases) assert.deepEqual(offeredByBash(...line), offered, line.join(' '))
})
