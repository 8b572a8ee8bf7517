import { PublishOutcome } from '../../src/model/release.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { DRAFT_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'seal a draft: its files and its version are fixed from then on',
  args: DRAFT_ARGS,
  flags: {},
  async run(context, args) {
    const client = await context.client()
    const outcome = await changeRelease(client, args, () =>
      client.post(PublishOutcome, `${releasePath(args)}/actions/publish`, {}),
    )
    const { created, release } = outcome
    const how = created ? 'published' : 'already published'
    context.output.result(outcome, () => [`${how} ${release.app} ${release.ref}: ${release.url}`])
    return 0
  },
})
