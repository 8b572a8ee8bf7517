import type { Verdict } from '../../src/model/install-page.ts'
import { html } from '../html.ts'

const WORDS: Readonly<Record<Verdict['level'], string | null>> = {
  good: null,
  info: null,
  warning: 'Warning: ',
  error: 'Problem: ',
}

/** One thing to know, as a paragraph or item; who sees no colors and signs hears how bad it is. */
export function Told({ verdict: { level, title, text, way } }: { verdict: Verdict }) {
  return html`${WORDS[level] && html`<span class="unseen">${WORDS[level]}</span>`}<b>${title}${text !== null && '.'}</b>${text !== null && ` ${text}`}${way && html` <a href=${way.url}>${way.title}</a>`}`
}

/** What has to be known before anything else, each in a box of its own. */
export function Notices({ notices }: { notices: readonly Verdict[] }) {
  return notices.map((verdict) => html`<p class=${`note ${verdict.level}`}><${Told} verdict=${verdict} /></p>`)
}

/** What will happen, line by line. */
export function Verdicts({ verdicts }: { verdicts: readonly Verdict[] }) {
  if (verdicts.length === 0) return null
  return html`<ul class="told">${verdicts.map((verdict) => html`<li class=${verdict.level}><${Told} verdict=${verdict} /></li>`)}</ul>`
}
