import { Branch, slotText } from '../../src/model/branch.ts'
import { age } from '../age.ts'
import { BRANCH_ARGS } from '../branch-path.ts'
import { branchExpiryText } from '../branch-text.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'

export const command = defineCommand({
  summary: 'list the branch builds of an app',
  args: { app: BRANCH_ARGS.app },
  flags: LIST_FLAGS,
  async run(context, args, flags) {
    const client = await context.client({ anonymous: true })
    const page = await readList(client, Branch, `/apps/${segment(args.app)}/branches`, flags)
    const now = Date.now()
    printList(context.output, page, ['BRANCH', 'KIND', 'CATEGORY', 'SLOTS', 'AGE', 'EXPIRES'], (branch) => [
      branch.name,
      branch.kind,
      branch.category ?? '-',
      branch.slots.map(slotText).join(' '),
      age(branch.updatedAt, now),
      branchExpiryText(branch, now),
    ])
    return 0
  },
})
