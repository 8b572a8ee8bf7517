import { PurgeRelease, Tombstone } from '../../src/model/release.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { RELEASE_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'remove the files of an announced release for good; its version is never given again',
  description: 'Nothing brings a purged release back; "dist release yank" hides one and keeps its files.',
  examples: ['release purge acme-notes 1.4.0 --reason "holds a private key"'],
  args: RELEASE_ARGS,
  flags: {
    reason: { type: 'text', required: true, help: 'why; everybody who asks for the release reads it' },
  },
  async run(context, args, flags) {
    const input = checkedInput(PurgeRelease, { reason: flags.reason })
    const client = await context.client()
    const tombstone = await changeRelease(client, args, () =>
      client.post(Tombstone, `${releasePath(args)}/actions/purge`, input),
    )
    context.output.result(tombstone, () => [`purged ${tombstone.app} ${tombstone.ref}`])
    return 0
  },
})
