import { cutText } from '../bytes/cut-text.ts'
import type { Offer, OfferGroup, PageItem, Verdict } from '../model/install-page.ts'

/** Facts are whatever publishers put into their files: what a page shows of one, in UTF-16 units. */
const MAX_TEXT = 300
const MAX_FACTS = 32
const MAX_VERDICTS = 16
const MAX_PERMISSIONS = 40

/** What offers of one page may say together, in UTF-16 units of JSON: a hundred files of the usual kind. */
const MAX_PAGE = 200_000

type Content = Omit<Offer, 'id' | 'isBest'>

/** As much of an offer as helps whoever reads it, and how much more there is; JSON tells all. */
export function boundedOffer<T extends Content>(offer: T): T {
  const permissions = offer.permissions.toSorted((a, b) => Number(b.isAsked) - Number(a.isAsked))
  const others = permissions.length - MAX_PERMISSIONS
  const facts = others > 0 ? [...offer.facts, { name: 'Other permissions', value: String(others) }] : offer.facts
  return {
    ...offer,
    facts: [
      ...facts.slice(0, MAX_FACTS).map((fact) => ({ ...fact, value: shown(fact.value) })),
      ...(facts.length > MAX_FACTS
        ? [{ name: 'More', value: `${facts.length - MAX_FACTS}, in the JSON of this page` }]
        : []),
    ],
    verdicts: boundedVerdicts(offer.verdicts),
    permissions: permissions.slice(0, MAX_PERMISSIONS).map((permission) => ({
      ...permission,
      name: shown(permission.name),
      reason: permission.reason && shown(permission.reason),
    })),
  }
}

/** Worst first, so that none is left out that is worse than one that is there. */
function boundedVerdicts(verdicts: readonly Verdict[]): readonly Verdict[] {
  const first = verdicts
    .slice(0, MAX_VERDICTS)
    .map((verdict) => ({ ...verdict, title: shown(verdict.title), text: verdict.text && shown(verdict.text, 2) }))
  const [next] = verdicts.slice(MAX_VERDICTS)
  if (next === undefined) return first
  const count = verdicts.length - MAX_VERDICTS
  const title = count === 1 ? 'There is 1 more finding' : `There are ${count} more findings`
  return [...first, { level: next.level, title, text: 'The JSON of this page has all of them.' }]
}

function shown(text: string, times = 1): string {
  const max = times * MAX_TEXT
  return text.length > max ? `${cutText(text, max)}…` : text
}

/**
 * The first offers of each platform whole, as far as a page has room for them, and the others as lines that lead to them; every
 * one is there.
 * @param isAsked whether an offer answers a question, and so is shown whole
 */
export function boundedGroups(groups: readonly OfferGroup[], isAsked: (offer: Offer) => boolean): OfferGroup[] {
  let left = MAX_PAGE
  return groups.map((group) => {
    const offers: Offer[] = []
    const more: PageItem[] = []
    for (const offer of group.offers) {
      left -= JSON.stringify(offer).length
      if (left >= 0 || offers.length === 0 || isAsked(offer)) offers.push(offer)
      else more.push(lineOf(offer))
    }
    return { ...group, offers, ...(more.length > 0 && { more }) }
  })
}

function lineOf({ title, fileName, machine, size, action, file }: Offer): PageItem {
  const what = fileName === null ? [] : [title]
  return {
    title: fileName ?? title,
    url: (file ?? action)?.url ?? null,
    details: [...what, machine, size].filter((text) => text !== null),
  }
}
