import { DistError } from '../../src/errors.ts'
import { PREVIEW_ID } from '../../src/model/preview.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'end a preview; a release that nobody announced is discarded with it',
  examples: ['preview end https://dist.example/preview/0f3c…'],
  args: { preview: { help: 'its address, or the id at the end of it' } },
  flags: {},
  async run(context, args) {
    const id = args.preview.replace(/\/+$/, '').split('/').at(-1)!
    if (!PREVIEW_ID.test(id)) {
      throw new DistError('usage.invalid', `Cannot end preview "${args.preview}": expected its address or its id`)
    }
    const client = await context.client()
    await client.send('DELETE', `/previews/${segment(id)}`)
    context.output.result({ ended: id }, () => [`ended ${id}`])
    return 0
  },
})
