import { resolve } from 'node:path'
import { AuditEvent, AuditHead } from '../../src/model/audit.ts'
import { defaultHeadsPath, findHead, noteHead } from '../audit/heads.ts'
import { verifyLog } from '../audit/verify.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'recompute the hash chain of the whole audit log',
  description:
    'The verified head is noted on this machine, so that the next time a log that was cut off or rewritten behind it\n' +
    'is found out, which the chain alone cannot tell.',
  args: {},
  flags: { heads: { type: 'text', value: 'file', help: 'where verified heads are noted' } },
  async run(context, _args, flags) {
    const client = await context.client()
    const path = flags.heads === undefined ? defaultHeadsPath(context.env) : resolve(context.cwd, flags.heads)
    const server = client.server.href
    const noted = await findHead(path, server)
    const stated = await client.get(AuditHead, '/audit/head')
    const events = client.list(AuditEvent, '/audit?order=asc&limit=1000')
    const verified = await verifyLog(events, stated, noted)
    await noteHead(path, server, { ...verified.head, at: new Date().toISOString() })
    const result = { ...verified, comparedWith: noted ?? null }
    context.output.result(result, () => {
      const since =
        noted === undefined ? 'noted here for the first time' : `continues event ${noted.seq} of ${noted.at}`
      return [`${verified.events} events hold; ${since}`]
    })
    return 0
  },
})
