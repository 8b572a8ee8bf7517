import { useEffect, useRef, useState } from 'preact/hooks'
import { html } from '../html.ts'

export interface QrCodeProps {
  readonly imageUrl: string
}

/** A QR code that fills the window when it is chosen. Without JavaScript it leads to the picture. */
export function QrCode({ imageUrl }: QrCodeProps) {
  const [isLarge, setLarge] = useState(false)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (isLarge) dialog.current?.showModal()
  }, [isLarge])
  const open = (event: Event) => {
    event.preventDefault()
    setLarge(true)
  }
  const picture = html`<img src=${imageUrl} alt="QR code of this page" width="112" height="112" loading="lazy" />`
  return html`<a href=${imageUrl} onClick=${open}>${picture}<span class="unseen"> larger</span></a>
    ${
      isLarge &&
      html`<dialog ref=${dialog} onClose=${() => setLarge(false)} aria-label="QR code">
        <img src=${imageUrl} alt="QR code of this page" />
        <form method="dialog"><button>Close</button></form>
      </dialog>`
    }`
}
