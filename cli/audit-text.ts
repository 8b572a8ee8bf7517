import type { AuditEvent } from '../src/model/audit.ts'

type Facts = Readonly<Record<string, unknown>>

/** Who did it: the name of a token, `user nora`, `share Acme testers` for whoever was given that link, `system`, `anonymous`. */
export function actorText({ actor: { kind, id, name } }: AuditEvent): string {
  const who = name ?? id ?? kind
  return kind === 'user' || kind === 'share' ? `${kind} ${who}` : who
}

/**
 * What an event was about, in words of people: `release notes 1.4.0`, `channel notes/beta`, `branch notes main`,
 * `token ci`, `user nora`, `session nora`, `share notes Acme testers`.
 */
export function objectText(event: AuditEvent): string {
  const colon = event.object.indexOf(':')
  if (colon < 0) return event.object
  const kind = event.object.slice(0, colon)
  const id = event.object.slice(colon + 1)
  const name = nameOf(kind, event)
  if (name === undefined) return `${kind} ${id}`
  return [kind, event.app, name].filter((word) => word !== null).join(' ')
}

function nameOf(kind: string, { before, after, actor }: AuditEvent): string | undefined {
  const facts = { ...factsOf(before), ...factsOf(after) }
  switch (kind) {
    case 'token':
    case 'user':
      return textOf(facts.name)
    case 'session':
      return textOf(factsOf(facts.user).name)
    case 'share':
      return textOf(facts.label) ?? (actor.kind === 'share' ? textOf(actor.name) : undefined)
    default:
      return (kind === 'branch' ? textOf(facts.branch) : undefined) ?? textOf(facts.ref) ?? textOf(facts.fileName)
  }
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
  if (event.object.startsWith('share:')) {
    return [after.channel ?? after.release, after.fileName].map(textOf).filter(Boolean).join(' ')
  }
  if (event.action === 'user.link_created') return shown(after.kind)
  if (event.action.startsWith('session.')) return textOf(after.address) ?? ''
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
