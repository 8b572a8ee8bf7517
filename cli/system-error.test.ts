import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { runDist } from '../test/helpers/cli-host.ts'
import { systemReason } from './system-error.ts'

test('systemReason() says it in words, with the code that people search for', () => {
  const error = (code: string) => Object.assign(new Error(`${code}: what the system says`), { code })
  assert.equal(systemReason(error('ENOENT')), 'there is no such file')
  assert.equal(systemReason(error('EACCES')), 'permission denied (EACCES)')
  assert.equal(systemReason(error('ESTALE')), 'the system answers ESTALE')
  assert.equal(systemReason(new Error('it is larger than 3 bytes')), 'it is larger than 3 bytes')
})

test('dist says in words why a file cannot be read', {
  skip: process.platform === 'win32' && 'links are POSIX',
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    await writeFile(join(folder, 'a'), 'a')
    await mkdir(join(folder, 'sub'))
    await symlink('circle', join(folder, 'circle'))
    const cases: [argv: string[], code: number, says: RegExp][] = [
      [['inspect', 'absent'], 5, /^error: Cannot read "[^"]+absent": there is no such file\n$/],
      [['inspect', 'a/b'], 5, /^error: Cannot read "[^"]+": a part of the path is not a folder \(ENOTDIR\)\n$/],
      [['inspect', 'circle'], 5, /^error: Cannot read "[^"]+": symbolic links lead in a circle \(ELOOP\)\n$/],
      [['inspect', 'sub'], 5, /^error: Cannot read "[^"]+": it is a folder, not a file\n$/],
      [['inspect', ''], 2, /^error: Cannot read the command line: <file> is empty\nhint: Run "dist inspect --help"\n$/],
      [['verify', '', '--digest', 'x'], 2, /<file> is empty/],
      [['publish', 'a', '', '--app', 'a', '--version', '1'], 2, /<files> is empty/],
      [
        ['ci', 'publish', '--manifest', 'a/b'],
        3,
        /Cannot read "[^"]+": a part of the path is not a folder \(ENOTDIR\)/,
      ],
    ]
    for (const [argv, code, says] of cases) {
      const ran = await runDist(argv, { cwd: folder })
      assert.deepEqual([ran.code, ran.stdout], [code, ''], argv.join(' '))
      assert.match(ran.stderr, says)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
