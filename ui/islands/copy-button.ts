import { useEffect, useState } from 'preact/hooks'
import { html } from '../html.ts'

export interface CopyButtonProps {
  /** What it is, for who does not see what stands beside it. */
  readonly what?: 'command' | 'checksum'
}

const TOLD_MS = 2000

/** The same for a checksum; pages have many of both, and say nothing twice. */
export function CopyChecksum(_props: object) {
  return html`<${CopyButton} what="checksum" />`
}

/** Puts the text of the element before it into the clipboard and says so. Not there without JavaScript. */
export function CopyButton({ what = 'command' }: CopyButtonProps) {
  const [isReady, setReady] = useState(false)
  const [told, setTold] = useState<'Copied' | 'Cannot copy' | null>(null)
  useEffect(() => setReady(true), [])
  useEffect(() => {
    if (told === null) return
    const timer = setTimeout(() => setTold(null), TOLD_MS)
    return () => clearTimeout(timer)
  }, [told])
  if (!isReady) return null
  const copy = async ({ currentTarget }: { currentTarget: Element }) => {
    const text = currentTarget.closest('[data-island]')?.previousElementSibling?.textContent ?? ''
    setTold((await copyText(text)) ? 'Copied' : 'Cannot copy')
  }
  return html`<span class="copy">
    <button type="button" class="small" onClick=${copy}>Copy<span class="unseen"> ${what}</span></button>
    <span role="status">${told}</span>
  </span>`
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text)
  }
}

/** Over plain http browsers have no clipboard but this one. */
function copySelected(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true
  field.className = 'unseen'
  const focused = document.activeElement
  document.body.append(field)
  field.select()
  const isDone = document.execCommand('copy')
  field.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return isDone
}
