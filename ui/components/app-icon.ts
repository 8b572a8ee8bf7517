import { html } from '../html.ts'

interface AppIconProps {
  readonly app: { readonly name: string; readonly iconUrl: string | null }
  /** Width and height, in CSS pixels. */
  readonly size: number
  /** Whether it may be far below what is seen first. */
  readonly isLazy?: boolean
}

/** The picture of an app, or the first letter of its name where it has none. The name stands beside it. */
export function AppIcon({ app: { name, iconUrl }, size, isLazy = false }: AppIconProps) {
  return iconUrl === null
    ? html`<span class="icon" aria-hidden="true">${[...name.trim()][0]?.toUpperCase()}</span>`
    : html`<img class="icon" src=${iconUrl} alt="" width=${size} height=${size} loading=${isLazy ? 'lazy' : undefined} />`
}
