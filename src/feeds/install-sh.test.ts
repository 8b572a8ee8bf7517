import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CUT_SHELLS, range, runCut } from '../../test/helpers/cut-script.ts'
import { needPrograms } from '../../test/helpers/debian.ts'
import { HOSTILE, scriptOf } from '../../test/helpers/script-scene.ts'
import { installSh } from './install-sh.ts'

needPrograms({ dash: 'dash', bash: 'bash', busybox: 'busybox', shellcheck: 'shellcheck' })

const SHELLS = [['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'ash']] as const

const folder = mkdtempSync(join(tmpdir(), 'distd-install-sh-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a script from standard input, as in a pipe, in a home of its own. */
function run(shell: readonly string[], script: string, args: readonly string[] = [], env: object = {}) {
  const home = mkdtempSync(join(folder, 'home-'))
  const [program = '', ...options] = shell
  const ended = spawnSync(program, [...options, '-s', '--', ...args], {
    input: script,
    encoding: 'utf8',
    cwd: home,
    env: { PATH: '/usr/bin:/bin', HOME: home, TMPDIR: home, LANG: 'C.UTF-8', ...env },
  })
  return { ...ended, left: readdirSync(home) }
}

const hostileScript = (text: string) =>
  installSh(
    scriptOf([{ fileName: text, url: `https://apps.test/${text}` }], {
      app: { slug: 'notes', name: text },
      release: { ref: text, yankReason: text },
      pageUrl: text,
    }),
  )

const SCRIPTS = {
  'no files': installSh(scriptOf([])),
  'all there is': installSh(
    scriptOf([{}, { format: 'deb', glibcMin: '2.34' }, { platform: 'macos', format: 'dmg' }], {
      needsToken: true,
      release: { ref: '1.2.0+7', yankReason: "it's wrong" },
      fileName: 'notes.tar.gz',
    }),
  ),
}

test('shellcheck finds nothing in install.sh, whatever texts are in it', () => {
  const check = (name: string, script: string, ...options: string[]) => {
    const file = join(folder, name)
    writeFileSync(file, script)
    const { status, stdout } = spawnSync('shellcheck', [...options, file], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  }
  for (const dialect of ['sh', 'dash', 'bash']) check('all.sh', SCRIPTS['all there is'], '-s', dialect)
  check('none.sh', SCRIPTS['no files'])
  const texts = HOSTILE.filter((text) => !text.includes('\0'))
  const files = texts.map((text) => ({ fileName: text, url: text, programName: text }))
  // These say of a text that it looks like something, and that it is nothing there.
  check('hostile.sh', installSh(scriptOf(files)), '-e', 'SC2016,SC1112,SC1003')
})

for (const shell of SHELLS) {
  const name = shell.join(' ')

  test(`install.sh says in ${name} what it was given, letter by letter, and runs none of it`, () => {
    for (const text of HOSTILE.filter((text) => !text.includes('\0'))) {
      const { status, stdout, stderr, left } = run(shell, hostileScript(text), ['--dry-run', `--file=${text}`])
      // Control characters are nothing that a terminal should see.
      const shown = text.replaceAll(/[\n\t\u001b]/g, '?')
      if (shown !== text) {
        assert.equal(status, 3, stderr)
      } else {
        assert.equal(status, 0, stderr)
        assert.ok(stdout.startsWith(`${text} ${text} on linux`), stdout)
        assert.ok(stdout.includes(`https://apps.test/${text} (12 bytes)`), stdout)
      }
      assert.deepEqual(left, [])
    }
  })

  test(`install.sh --help in ${name} fits the screen and does nothing; an unknown option ends with 2`, () => {
    const { status, stdout, left } = run(shell, SCRIPTS['all there is'], ['--help'])
    assert.equal(status, 0)
    assert.ok(stdout.split('\n').every((line) => line.length <= 110))
    assert.equal(run(shell, SCRIPTS['all there is'], ['--prefix=/usr']).status, 2)
    assert.equal(run(shell, SCRIPTS['all there is'], ['--file']).status, 2)
    assert.equal(run(shell, SCRIPTS['no files']).status, 3)
    assert.deepEqual(left, [])
  })
}

for (const shell of CUT_SHELLS) {
  test(`install.sh cut anywhere does nothing in ${shell.join(' ')}`, () => {
    const script = SCRIPTS['all there is']
    const body = script.indexOf('say()')
    // Each byte of what is made of facts and of the call at the end; in between the text never changes, and each byte is a
    // matter of test/long.
    const lengths = [
      ...range(0, body, 7),
      ...range(body, script.length - 40, 211),
      ...range(script.length - 40, script.length - 2, 1),
    ]
    assert.deepEqual(runCut(shell, script, lengths), [])
  })
}

test('what looks for cut scripts finds one that is not in braces', () => {
  const bare = SCRIPTS['all there is'].replace('\n{\n', '\n').replace('main "$@"; }\n', 'main "$@"\n')
  assert.notDeepEqual(runCut(['dash'], bare, range(bare.length - 12, bare.length - 2, 1)), [])
})
