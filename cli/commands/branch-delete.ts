import { slotText } from '../../src/model/branch.ts'
import { BRANCH_ARGS, branchPath, slotOf, slotPath } from '../branch-path.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'delete a branch build, or one file of it',
  description: 'With its last file a branch build goes as a whole.',
  examples: ['branch delete acme-notes pr/123', 'branch delete acme-notes main --slot linux-x64'],
  args: BRANCH_ARGS,
  flags: { slot: { type: 'text', value: 'platform-arch', help: 'only the file of this slot' } },
  async run(context, args, flags) {
    const slot = flags.slot === undefined ? undefined : slotOf(flags.slot)
    const path = slot === undefined ? branchPath(args) : slotPath(args, slot)
    const client = await context.client()
    await client.send('DELETE', path)
    const name = slot && slotText(slot)
    const result = { deleted: args.branch, app: args.app, slot: name ?? null }
    context.output.result(result, () => [`deleted ${[args.app, args.branch, name].filter(Boolean).join(' ')}`])
    return 0
  },
})
