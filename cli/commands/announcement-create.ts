import { DistError } from '../../src/errors.ts'
import { CreateAnnouncement } from '../../src/model/announcement.ts'
import { ANNOUNCEMENT_FLAGS, readBody } from '../announcement-flags.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { createAnnouncement } from '../create-announcement.ts'

export const command = defineCommand({
  summary: 'make published releases live together: all of them, or none',
  description:
    'The releases may be of several apps. The text is Markdown; who may see one of the apps may read it, and is told only of the releases of apps that he may see.',
  examples: [
    'announcement create acme-notes@1.4.0',
    'announcement create acme-notes@1.4.0+1040 acme-sync@2.0.0 --title "Sync is here" --body NEWS.md',
  ],
  args: { releases: { help: 'app@version, app@version+build or app@id of each release', many: true } },
  flags: ANNOUNCEMENT_FLAGS,
  async run(context, args, flags) {
    const releases = args.releases.map(namedRelease)
    const body = await readBody(context, flags.body)
    const input = checkedInput(
      CreateAnnouncement,
      { title: flags.title, body, releases },
      { names: { releases: 'releases', 'releases.app': 'releases', 'releases.release': 'releases' } },
    )
    const announcement = await createAnnouncement(await context.client(), input)
    context.output.result(announcement, () => [
      ...announcement.releases.map(({ app, ref, url }) => `announced ${app} ${ref}: ${url}`),
      `announcement ${announcement.id}: ${announcement.url}`,
    ])
    return 0
  },
})

/** `acme-notes@1.4.0+1040`. @throws DistError usage.invalid */
function namedRelease(word: string): { app: string; release: string } {
  const at = word.indexOf('@')
  const named = { app: word.slice(0, at), release: word.slice(at + 1) }
  if (at < 1 || named.release === '') {
    throw new DistError('usage.invalid', `Cannot announce "${word}": it is not app@release`, {
      hint: 'For example acme-notes@1.4.0',
    })
  }
  return named
}
