/** htm bound to Preact's `h`: the only place that knows both. */
export { html } from 'htm/preact'
