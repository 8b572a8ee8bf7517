import type { ComponentChildren } from 'preact'
import type { Shell } from '../src/model/shell.ts'
import { ICON, STYLE } from './assets.gen.ts'
import { Header } from './components/header.ts'
import { Script, UsedIslands } from './components/island.ts'
import { html } from './html.ts'

interface LayoutProps {
  readonly title: string
  readonly shell: Shell
  /** What those who are sent the address see below the title. */
  readonly description?: string | undefined
  readonly feed?: { readonly title: string; readonly url: string } | undefined
  readonly children?: ComponentChildren
}

/** The document around every page. */
export function Layout({ title, shell, description, feed, children }: LayoutProps) {
  return html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>${title}</title>
      ${description && html`<meta name="description" content=${description} />`}
      <link rel="stylesheet" href=${STYLE.path} />
      <link rel="icon" type="image/svg+xml" href=${ICON.path} />
      ${feed && html`<link rel="alternate" type="application/atom+xml" title=${feed.title} href=${feed.url} />`}
    </head>
    <body>
      <${UsedIslands.Provider} value=${new Set()}>
        <a class="skip" href="#main">Skip to the page</a>
        <${Header} shell=${shell} />
        <main id="main" tabindex="-1">${children}</main>
        <${Script} />
      <//>
    </body>
  </html>`
}
