import assert from 'node:assert/strict'
import { test } from 'node:test'
import { installSh } from '../../src/feeds/install-sh.ts'
import { CUT_SHELLS, range, runCut } from '../helpers/cut-script.ts'
import { needPrograms } from '../helpers/debian.ts'
import { scriptOf } from '../helpers/script-scene.ts'

needPrograms({ dash: 'dash', bash: 'bash', busybox: 'busybox' })

for (const shell of CUT_SHELLS) {
  test(`install.sh cut at any byte does nothing in ${shell.join(' ')}`, () => {
    const script = installSh(scriptOf([{}, { format: 'deb' }], { needsToken: true }))
    // The last byte is a line feed: without it the script is whole.
    assert.deepEqual(runCut(shell, script, range(0, script.length - 2, 1)), [])
  })
}
