import { App } from '../../src/model/app.ts'
import { type Client, segment } from '../client.ts'
import { optional } from '../optional.ts'
import type { PublishPlan } from './plan.ts'

/** The app of a plan; it is created when it is not there. */
export async function findOrCreateApp(
  client: Client,
  plan: Pick<PublishPlan, 'app' | 'name' | 'visibility'>,
): Promise<App> {
  const path = `/apps/${segment(plan.app)}`
  const found = await optional(client.get(App, path), 'app.not_found')
  if (found) return found
  const { app: slug, name, visibility } = plan
  const created = await optional(client.post(App, '/apps', { slug, name, visibility }), 'app.exists')
  // Another job created it in between, or the answer to our own attempt was lost.
  return created ?? client.get(App, path)
}
