import { Release } from '../../src/model/release.ts'
import { defineCommand } from '../command.ts'
import { RELEASE_ARGS, releasePath } from '../release-path.ts'
import { releaseText } from '../release-text.ts'

export const command = defineCommand({
  summary: 'show a release with its files, findings and notes',
  examples: ['release show acme-notes 1.4.0+1040', 'release show acme-notes latest --json'],
  args: RELEASE_ARGS,
  flags: {},
  async run(context, args) {
    const client = await context.client({ anonymous: true })
    const release = await client.get(Release, releasePath(args))
    context.output.result(release, () => releaseText(release, Date.now()))
    return 0
  },
})
