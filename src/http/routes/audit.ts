import { z } from 'zod'
import { AuditEvent, AuditHead } from '../../model/audit.ts'
import { PageOf } from '../../model/page.ts'
import { auditHead, listAuditEvents } from '../../store/audit.ts'
import { json } from '../json.ts'
import { decodeNumberCursor, ListQuery, pageJson, pageOf } from '../lists.ts'
import { route } from '../route.ts'

export const auditRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/audit',
    action: 'audit.read',
    object: 'server',
    summary: 'List audit events, newest first unless order=asc',
    query: ListQuery.extend({
      limit: z.coerce.number().int().min(1).max(1000).default(50),
      app: z.string().max(63).optional(),
      order: z.enum(['asc', 'desc']).default('desc'),
    }),
    response: PageOf(AuditEvent),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor, app = null, order } = context.query
      const after = decodeNumberCursor(cursor)
      const events = await listAuditEvents(context.deps.store.reads, { app, order, after, limit: limit + 1 })
      const page = pageOf(
        events,
        limit,
        (event) => event.seq,
        (event) => event,
      )
      return pageJson(context, page)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/audit/head',
    action: 'audit.read',
    object: 'server',
    summary: 'Number and hash of the newest audit event',
    response: AuditHead,
    async handle(context) {
      return json(await auditHead(context.deps.store.reads))
    },
  }),
]
