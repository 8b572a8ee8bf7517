import { AuditEvent } from '../../src/model/audit.ts'
import { age } from '../age.ts'
import { actorText, changeText, objectText } from '../audit-text.ts'
import { defineCommand } from '../command.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'

export const command = defineCommand({
  summary: 'list audit events, newest first',
  args: {},
  flags: { app: { type: 'text', help: 'only events of this app' }, ...LIST_FLAGS },
  async run(context, _args, flags) {
    const query = new URLSearchParams({ order: 'desc', ...(flags.app === undefined ? {} : { app: flags.app }) })
    const client = await context.client()
    const page = await readList(client, AuditEvent, `/audit?${query}`, flags)
    const now = Date.now()
    printList(context.output, page, ['SEQ', 'AGE', 'ACTION', 'OBJECT', 'ACTOR', 'CHANGE'], (event) => [
      String(event.seq),
      age(event.at, now),
      event.action,
      objectText(event),
      actorText(event),
      changeText(event),
    ])
    return 0
  },
})
