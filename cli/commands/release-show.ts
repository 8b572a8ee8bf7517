import { defineCommand } from '../command.ts'
import { readRelease } from '../find-release.ts'
import { READ_RELEASE_ARGS } from '../release-path.ts'
import { releaseText } from '../release-text.ts'

export const command = defineCommand({
  summary: 'show a release with its files, findings and notes',
  examples: ['release show acme-notes 1.4.0+1040', 'release show acme-notes latest --json'],
  args: READ_RELEASE_ARGS,
  flags: {},
  async run(context, args) {
    const client = await context.client({ anonymous: true })
    const release = await readRelease(client, args)
    context.output.result(release, () => releaseText(release, Date.now()))
    return 0
  },
})
