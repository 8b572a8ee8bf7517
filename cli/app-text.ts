import type { App } from '../src/model/app.ts'
import { fields } from './fields.ts'

/** An app for people. */
export function appText(app: App): string {
  const rules = Object.entries(app.identityRules).map(([rule, value]) => `${rule}=${value}`)
  return fields({
    app: app.slug,
    name: app.name,
    summary: app.summary,
    visibility: app.visibility,
    platforms: app.platforms.join(' ') || 'any',
    'default channel': app.defaultChannel,
    identity: rules.join(' '),
    'draft days': app.retention.draftDays?.toString(),
    'replaced days': app.retention.replacedDays?.toString(),
    owner: app.owner,
    repository: app.repositoryUrl,
    created: app.createdAt,
    page: app.url,
  })
}
