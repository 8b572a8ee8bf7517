import { Release } from '../../src/model/release.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { RELEASE_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'bring a yanked release back',
  args: RELEASE_ARGS,
  flags: {},
  async run(context, args) {
    const client = await context.client()
    const release = await changeRelease(client, args, () =>
      client.post(Release, `${releasePath(args)}/actions/unyank`, {}),
    )
    context.output.result(release, () => [`${release.app} ${release.ref} is ${release.state} again`])
    return 0
  },
})
