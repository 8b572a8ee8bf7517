import { CreatePreview, PreviewOutcome } from '../../src/model/preview.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { RELEASE_ARGS } from '../release-path.ts'

export const command = defineCommand({
  summary: 'give a published release an address to look at it that expires',
  description: 'When nobody announced the release until then, it is discarded. Asked for again, it gets the new end.',
  examples: ['preview create acme-notes 1.4.0 --days 7'],
  args: RELEASE_ARGS,
  flags: { days: { type: 'integer', value: 'n', help: 'days until it expires (14)' } },
  hints: { 'release.wrong_state': 'A preview is of a release that is sealed and not announced yet' },
  async run(context, args, flags) {
    const input = checkedInput(
      CreatePreview,
      { app: args.app, release: args.ref, expiresInDays: flags.days },
      { names: { expiresInDays: '--days', app: 'app', release: 'ref' } },
    )
    const client = await context.client()
    const outcome = await changeRelease(client, args, () => client.post(PreviewOutcome, '/previews', input))
    const { preview } = outcome
    if (!context.output.json) context.output.note(`${preview.app} ${preview.ref} until ${preview.expiresAt}`)
    context.output.result(outcome, () => [preview.url])
    return 0
  },
})
