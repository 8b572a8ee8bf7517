import type { Check } from '../../model/inspection.ts'
import type { Verdict } from '../../model/install-page.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'

/** Says better than an inspector what a finding means to whoever installs; null where something else says it already. */
export type Wording = (check: Check, file: OfferedFile, scene: OfferScene) => Verdict | null

/** By the code of the finding. */
export type Wordings = Readonly<Record<string, Wording>>

/** Of what other words say already. */
export const SAID_ELSEWHERE: Wording = () => null

/** Always the same words. */
export function words(level: Verdict['level'], title: string, text: string | null = null): Wording {
  return () => ({ level, title, text })
}

/** What happens, and why in the words of the inspector. */
export function because(level: Verdict['level'], title: string): Wording {
  return ({ message }) => ({ level, title, text: asSentence(message) })
}

function asSentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`
}

const RANK: readonly Verdict['level'][] = ['error', 'warning', 'good', 'info']

/**
 * What is to be said of a file: the verdicts of its platform and its findings, in the words of the table where it has some.
 * Findings of level `info` are told only where the table words them. Worst first, none twice.
 */
export function verdictsOf(
  file: OfferedFile,
  scene: OfferScene,
  wordings: Wordings,
  more: readonly (Verdict | null)[] = [],
): readonly Verdict[] {
  const told = file.checks.map((check): Verdict | null => {
    const wording = Object.hasOwn(wordings, check.code) ? wordings[check.code] : undefined
    if (wording !== undefined) return wording(check, file, scene)
    return check.level === 'info' ? null : { level: check.level, title: check.message, text: null }
  })
  const all = [...told, ...more].filter((verdict) => verdict !== null)
  return [...new Map(all.map((verdict) => [`${verdict.title}\n${verdict.text}`, verdict])).values()].sort(
    (a, b) => RANK.indexOf(a.level) - RANK.indexOf(b.level),
  )
}
