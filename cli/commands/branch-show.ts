import { Branch } from '../../src/model/branch.ts'
import { BRANCH_ARGS, branchPath } from '../branch-path.ts'
import { branchText } from '../branch-text.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'show a branch build with its files',
  args: BRANCH_ARGS,
  flags: {},
  async run(context, args) {
    const path = branchPath(args)
    const client = await context.client({ anonymous: true })
    const branch = await client.get(Branch, path)
    context.output.result(branch, () => branchText(branch, Date.now()))
    return 0
  },
})
