import { Release } from '../../src/model/release.ts'
import { sizeText } from '../../src/model/size.ts'
import { age } from '../age.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'
import { platformsOf } from '../release-text.ts'

export const command = defineCommand({
  summary: 'list the releases of an app, highest first',
  args: { app: { help: 'slug of the app' } },
  flags: {
    state: {
      type: 'text',
      choices: ['announced', 'draft', 'published', 'yanked', 'purged', 'all'],
      value: 'state',
      help: 'which ones: announced unless given; all leaves out what was purged',
    },
    ...LIST_FLAGS,
  },
  async run(context, args, flags) {
    const client = await context.client({ anonymous: true })
    const query = flags.state === undefined ? '' : `?state=${flags.state}`
    const page = await readList(client, Release, `/apps/${segment(args.app)}/releases${query}`, flags)
    const now = Date.now()
    printList(context.output, page, ['RELEASE', 'STATE', 'AGE', 'FILES', 'SIZE', 'PLATFORMS'], (release) => [
      release.ref,
      release.prerelease ? `${release.state} pre` : release.state,
      age(release.announcedAt ?? release.publishedAt ?? release.createdAt, now),
      String(release.artifacts.length),
      sizeText(release.artifacts.reduce((sum, artifact) => sum + artifact.sizeBytes, 0)),
      platformsOf(release),
    ])
    return 0
  },
})
