import type { PlistDict, PlistValue } from '../../formats/apple/plist-value.ts'
import type { Inspection } from '../../model/inspection.ts'
import { displayText, exactText } from '../finding.ts'

/** Apple knows some hundred; an app has a dozen. */
const MAX_ENTITLEMENTS = 200
const MAX_TEXTS = 200

type Entitlements = NonNullable<Inspection['entitlements']>

/** Entitlements as facts. Dictionaries among them are left out: nobody compares them. */
export function entitlementFacts(dict: PlistDict): Entitlements {
  const facts = new Map<string, Entitlements[string]>()
  for (const [key, value] of Object.entries(dict)) {
    const name = exactText(key)
    const fact = factOf(value)
    if (name !== undefined && fact !== undefined && facts.size < MAX_ENTITLEMENTS) facts.set(name, fact)
  }
  return Object.fromEntries(facts)
}

function factOf(value: PlistValue): Entitlements[string] | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'string') return displayText(value)
  if (!Array.isArray(value)) return undefined
  return value.slice(0, MAX_TEXTS).flatMap((item) => (typeof item === 'string' ? (displayText(item) ?? []) : []))
}

/** Debuggers may attach: Xcode writes it when it builds for development. */
export function allowsDebugging(dict: PlistDict | undefined): boolean {
  return dict?.['get-task-allow'] === true || dict?.['com.apple.security.get-task-allow'] === true
}
