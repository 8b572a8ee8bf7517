import { ReleaseChanges } from '../../src/model/changes.ts'
import { changesText } from '../changes-text.ts'
import { defineCommand } from '../command.ts'
import { readRelease } from '../find-release.ts'
import { READ_RELEASE_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'tell what differs between a release and the one below it, or another one',
  description: 'Without --from it is compared with the highest announced release below it.',
  examples: ['release changes acme-notes 1.5.0', 'release changes acme-notes latest --from 1.2.0 --json'],
  args: READ_RELEASE_ARGS,
  flags: {
    from: { type: 'text', value: 'ref', help: 'the release to compare with: version, version+build, id, or latest' },
  },
  async run(context, args, flags) {
    const client = await context.client({ anonymous: true })
    const { app } = args
    const { id } = await readRelease(client, args)
    const from = flags.from === undefined ? undefined : await readRelease(client, { app, ref: flags.from })
    const query = from === undefined ? '' : `?from=${from.id}`
    const changes = await client.get(ReleaseChanges, `${releasePath({ app, ref: id })}/changes${query}`)
    context.output.result(changes, () => changesText(app, changes))
    return 0
  },
})
