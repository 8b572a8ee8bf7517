import { Release } from '../../src/model/release.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { RELEASE_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'make a published release live',
  args: RELEASE_ARGS,
  flags: {},
  async run(context, args) {
    const client = await context.client()
    const release = await changeRelease(client, args, () =>
      client.post(Release, `${releasePath(args)}/actions/announce`, {}),
    )
    context.output.result(release, () => [`announced ${release.app} ${release.ref}: ${release.url}`])
    return 0
  },
})
