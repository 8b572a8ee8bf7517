import type { AuditEvent } from '../src/model/audit.ts'

type Facts = Readonly<Record<string, unknown>>

/** What an event was about, in words of people: `release notes 1.4.0`, `channel notes/beta`, `branch notes main`, `token ci`. */
export function objectText(event: AuditEvent): string {
  const colon = event.object.indexOf(':')
  const kind = event.object.slice(0, colon)
  const id = event.object.slice(colon + 1)
  const facts = { ...factsOf(event.before), ...factsOf(event.after) }
  const name =
    (kind === 'branch' ? textOf(facts.branch) : undefined) ??
    textOf(facts.ref) ??
    textOf(facts.fileName) ??
    (kind === 'token' ? textOf(facts.name) : undefined)
  if (name === undefined) return `${kind} ${id}`
  return [kind, event.app, name].filter((word) => word !== null).join(' ')
}

/** What changed and why: `1.3.0 → 1.4.0: quiet for a week`, `draft → published`, `visibility: private → public`. */
export function changeText(event: AuditEvent): string {
  const before = factsOf(event.before)
  const after = factsOf(event.after)
  const change = changeOf(event, before, after)
  const reason = textOf(after.reason)
  return [change, reason].filter((part) => part !== undefined && part !== '').join(': ')
}

function changeOf(event: AuditEvent, before: Facts, after: Facts): string {
  if (event.object.startsWith('channel:') && 'release' in after) {
    return `${shown(before.release)} → ${shown(after.release)}`
  }
  if (event.action === 'branch.pushed' || event.action === 'branch.inspected_again')
    return `${shown(after.slot)} ${shown(after.fileName)}`
  if (event.action === 'branch.slot_removed') return `${shown(before.slot)} ${shown(before.fileName)}`
  if ('state' in before && 'state' in after) return `${shown(before.state)} → ${shown(after.state)}`
  if (!event.action.endsWith('.edited')) return ''
  return Object.keys(after)
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => `${field}: ${shown(before[field])} → ${shown(after[field])}`)
    .join(', ')
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function factsOf(value: unknown): Facts {
  return typeof value === 'object' && value !== null ? (value as Facts) : {}
}
