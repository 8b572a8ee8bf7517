import { App } from '../../src/model/app.ts'
import { age } from '../age.ts'
import { defineCommand } from '../command.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'

export const command = defineCommand({
  summary: 'list the apps this credential may see',
  args: {},
  flags: LIST_FLAGS,
  async run(context, _args, flags) {
    const client = await context.client({ anonymous: true })
    const page = await readList(client, App, '/apps', flags)
    const now = Date.now()
    printList(context.output, page, ['APP', 'NAME', 'VISIBILITY', 'PLATFORMS', 'AGE'], (app) => [
      app.slug,
      app.name,
      app.visibility,
      app.platforms.join(' ') || 'any',
      age(app.createdAt, now),
    ])
    return 0
  },
})
