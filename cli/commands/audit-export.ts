import { open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AuditEvent } from '../../src/model/audit.ts'
import { defineCommand } from '../command.ts'
import { claim, unwritable } from '../target-file.ts'

export const command = defineCommand({
  summary: 'write all audit events, oldest first, as JSON lines',
  description:
    'With --output the file appears complete or not at all. Only an export of all apps can be verified as a chain.',
  examples: ['audit export --output audit.jsonl', 'audit export --app acme-notes | jq .action'],
  args: {},
  flags: {
    app: { type: 'text', help: 'only events of this app' },
    output: { type: 'text', short: 'o', value: 'file', help: 'where to write; stdout unless given' },
    force: { type: 'boolean', help: 'replace the file if it is there' },
  },
  async run(context, _args, flags) {
    const query = new URLSearchParams({
      order: 'asc',
      limit: '1000',
      ...(flags.app === undefined ? {} : { app: flags.app }),
    })
    const client = await context.client()
    const events = client.list(AuditEvent, `/audit?${query}`)
    if (flags.output === undefined) {
      for await (const event of events) context.output.raw(`${JSON.stringify(event)}\n`)
      return 0
    }
    const path = resolve(context.cwd, flags.output)
    await claim(path, flags.force)
    const part = `${path}.part`
    let count = 0
    try {
      const file = await open(part, 'w', 0o600)
      try {
        for await (const event of events) {
          await file.write(`${JSON.stringify(event)}\n`)
          count++
        }
        await file.sync()
      } finally {
        await file.close()
      }
      await claim(path, flags.force)
      await rename(part, path)
    } catch (error) {
      await rm(part, { force: true }).catch(() => {})
      throw unwritable(path, error)
    }
    context.output.result({ events: count, output: flags.output }, () => [`${count} events in ${flags.output}`])
    return 0
  },
})
