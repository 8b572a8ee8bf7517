import { render } from 'preact-render-to-string'
import type { Shell } from '../src/model/shell.ts'
import type { SetupPage as SetupData, View } from '../src/model/view.ts'
import { html } from './html.ts'
import { Layout } from './layout.ts'
import { AccountPage } from './pages/account.ts'
import { AppsPage } from './pages/apps.ts'
import { ConfirmPage } from './pages/confirm.ts'
import { ErrorPage } from './pages/error.ts'
import { InstallPage } from './pages/install.ts'
import { ListingPage } from './pages/listing.ts'
import { SetupPage } from './pages/setup.ts'
import { SignInPage } from './pages/sign-in.ts'

/** A whole HTML document for a page. */
export function renderPage(view: View, shell: Shell): string {
  return `<!doctype html>\n${render(documentOf(view, shell))}`
}

const SETUP_TITLES: Readonly<Record<SetupData['kind'], string>> = {
  first: 'Set up',
  token: 'Set up',
  none: 'Set up',
  invite: 'Welcome',
  reset: 'New password',
}

function documentOf(view: View, shell: Shell) {
  switch (view.view) {
    case 'listing': {
      const { title, subtitle, up, feed } = view.listing
      const what = [title, subtitle, up?.title].filter(Boolean).join(' · ')
      return html`<${Layout} title=${what} shell=${shell} feed=${feed}>
        <${ListingPage} page=${view.listing} />
      <//>`
    }
    case 'install': {
      const { app, release, place, groups, feed } = view.page
      const what = [app.name, release?.version ?? place.name].filter(Boolean).join(' ')
      const description = groups.length === 0 ? undefined : `${what} for ${groups.map(({ title }) => title).join(', ')}`
      return html`<${Layout} title=${what} shell=${shell} description=${description} feed=${feed ?? undefined}>
        <${InstallPage} page=${view.page} shell=${shell} />
      <//>`
    }
    case 'apps':
      return html`<${Layout} title="Apps" shell=${shell}>
        <${AppsPage} page=${view.page} />
      <//>`
    case 'error':
      return html`<${Layout} title=${formTitle(view.page.title, null)} shell=${shell}>
        <${ErrorPage} page=${view.page} shell=${shell} />
      <//>`
    case 'sign-in':
      return html`<${Layout} title=${formTitle('Sign in', view.page.form.error ?? view.page.refusal?.title)} shell=${shell}>
        <${SignInPage} page=${view.page} />
      <//>`
    case 'setup':
      return html`<${Layout} title=${formTitle(SETUP_TITLES[view.page.kind], view.page.form.error)} shell=${shell}>
        <${SetupPage} page=${view.page} />
      <//>`
    case 'account':
      return html`<${Layout} title=${formTitle('Account', view.page.password.error)} shell=${shell}>
        <${AccountPage} page=${view.page} />
      <//>`
    case 'confirm':
      return html`<${Layout} title=${formTitle('Confirm', view.page.form.error)} shell=${shell}>
        <${ConfirmPage} page=${view.page} />
      <//>`
    default:
      return view satisfies never
  }
}

/** The title is the first that is read out: it says that something went wrong. */
function formTitle(title: string, error: string | null | undefined): string {
  return error === null || error === undefined ? `${title} · distd` : `Error: ${title} · distd`
}
