import type { Command } from '../../src/model/install-page.ts'
import { html } from '../html.ts'
import { island } from './island.ts'

/** Lines to run, each with where it runs; a long one scrolls inside itself. */
export function Commands({ commands }: { commands: readonly Command[] }) {
  return commands.map(
    ({ label, text, note }) => html`<p class="label">${label}</p>
      <div class="command"><pre tabindex="0"><code>${text}</code></pre>${island('copy-button', {})}</div>
      ${note !== null && html`<p class="hint">${note}</p>`}`,
  )
}
