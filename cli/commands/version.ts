import { VERSION } from '../../src/version.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'print the version of dist',
  args: {},
  flags: {},
  async run(context) {
    context.output.result({ name: 'dist', version: VERSION }, () => [`dist ${VERSION}`])
    return 0
  },
})
