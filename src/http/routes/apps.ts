import { z } from 'zod'
import { createApp, deleteApp, editApp } from '../../apps/apps.ts'
import { App, CreateApp, EditApp } from '../../model/app.ts'
import { PageOf } from '../../model/page.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { json, noContent } from '../json.ts'
import { decodeCursor, encodeCursor, ListQuery, pageJson } from '../lists.ts'
import { presentApp } from '../present.ts'
import { route } from '../route.ts'
import { listVisibleApps } from '../visible.ts'

export const appRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/apps',
    action: 'app.list',
    object: 'server',
    summary: 'List the apps that the credential may see',
    query: ListQuery,
    response: PageOf(App),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor } = context.query
      const { apps, next } = await listVisibleApps(context, decodeCursor(cursor), limit)
      const nextCursor = next === null ? null : encodeCursor(next)
      return pageJson(context, { items: apps.map((app) => presentApp(context, app)), nextCursor })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps',
    action: 'app.create',
    object: 'new-app',
    summary: 'Create an app',
    body: CreateApp,
    response: App,
    status: 201,
    reads: ['Idempotency-Key'],
    sends: ['Location'],
    answers: { 200: 'Made before with the same key' },
    async handle(context) {
      const key = idempotencyKeyOf(context.request)
      const { created, app } = await createApp(context.deps, context.actor, context.body, key, context.cause)
      return json(presentApp(context, app), created ? 201 : 200, {
        Location: `${context.baseUrl}/api/v1/apps/${app.slug}`,
      })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/apps/:app',
    action: 'app.read',
    object: 'app',
    summary: 'Read an app',
    response: App,
    async handle(context) {
      return json(presentApp(context, context.app))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/apps/:app',
    action: 'app.edit',
    stepUp: true,
    object: 'app',
    summary: 'Change the given fields of an app',
    body: EditApp,
    response: App,
    async handle(context) {
      return json(presentApp(context, await editApp(context.deps, context.app.slug, context.body, context.cause)))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/apps/:app',
    action: 'app.delete',
    stepUp: true,
    object: 'app',
    summary: 'Delete an app that never released anything and has no branch build',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      await deleteApp(context.deps, context.app.slug, context.cause)
      return noContent()
    },
  }),
]
