import { z } from 'zod'
import { appObject, authorize, can } from '../../access/policy.ts'
import { AuditEvent, AuditHead } from '../../model/audit.ts'
import { PageOf } from '../../model/page.ts'
import { findApp } from '../../store/apps.ts'
import { auditHead, listAuditEvents } from '../../store/audit.ts'
import type { RequestContext } from '../context.ts'
import { json } from '../json.ts'
import { decodeNumberCursor, ListQuery, pageJson, pageOf } from '../lists.ts'
import { route } from '../route.ts'

/** Who may not read the whole log reads that of an app. @throws DistError access.denied, app.not_found */
function checkReach({ actor, deps }: RequestContext, slug: string | null): void {
  if (slug === null || can(actor, 'audit.read_all', { kind: 'server' })) {
    authorize(actor, 'audit.read_all', { kind: 'server' })
    return
  }
  const app = findApp(deps.store, slug)
  authorize(actor, 'audit.read', app === undefined ? { kind: 'absent' } : appObject(app))
}

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
      checkReach(context, app)
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
    action: 'audit.read_all',
    object: 'server',
    summary: 'Number and hash of the newest audit event',
    response: AuditHead,
    async handle(context) {
      return json(await auditHead(context.deps.store.reads))
    },
  }),
]
