import type { InstallPage } from './install-page.ts'
import type { Listing, ListingFact, ListingItem } from './listing.ts'

/** Every page that can be shown; `ui/` makes a document of it, and knows nothing else. */
export type View =
  | { readonly view: 'listing'; readonly listing: Listing }
  | { readonly view: 'install'; readonly page: InstallPage }
  | { readonly view: 'apps'; readonly page: AppsPage }
  | { readonly view: 'error'; readonly page: ErrorPage }
  | { readonly view: 'sign-in'; readonly page: SignInPage }
  | { readonly view: 'setup'; readonly page: SetupPage }
  | { readonly view: 'account'; readonly page: AccountPage }
  | { readonly view: 'confirm'; readonly page: ConfirmPage }

/** The list of the apps that a visitor may see. */
export interface AppsPage {
  readonly apps: readonly {
    readonly name: string
    readonly slug: string
    readonly url: string
    readonly summary: string | null
    /** Path of the picture of what it offers first; null where no file has one. */
    readonly iconUrl: string | null
    /** Ref of what it offers first; null before anything is announced. */
    readonly version: string | null
    /** `private` or `unlisted`, for those who see the app all the same. */
    readonly chip: string | null
  }[]
  /** Said where there are no apps. */
  readonly empty: { readonly title: string; readonly text: string }
  /** Path of the next page of the list. */
  readonly nextUrl: string | null
}

/** What went wrong with a request, what to do about it, and what to tell who runs the server. */
export interface ErrorPage {
  readonly title: string
  /** What it is about, where the title does not say it all. */
  readonly detail: string | null
  readonly hint: string | null
  /** That somebody who signs in may see more. */
  readonly mayNeedSignIn: boolean
  /** Where to go on: what is there, and may be seen. */
  readonly ways: readonly { readonly title: string; readonly text: string | null; readonly url: string }[]
  readonly facts: readonly ListingFact[]
  /** What may have been meant. */
  readonly files: readonly ListingItem[]
}

/** What went wrong with a form, and what was typed into it; never a password. */
export interface FormState {
  readonly error: string | null
  /** What to do about it. */
  readonly hint: string | null
  readonly name: string
  /** Names of the fields that the error is about, `['name', 'password']`; none where it is about no field. */
  readonly fields?: readonly string[]
}

export interface SignInPage {
  readonly form: FormState
  /** Path to go on to. */
  readonly next: string
  /** Why nobody can sign in here: plain http, or a browser that keeps no cookie. Null where one can. */
  readonly refusal: {
    readonly title: string
    readonly text: string
    readonly hint: string
    /** Whether the same may work when it is tried again. */
    readonly canTryAgain: boolean
  } | null
}

export interface SetupPage {
  /** `first`: the first admin with a link; `token`: the same with the setup token; `none`: neither was given yet. */
  readonly kind: 'first' | 'token' | 'none' | 'invite' | 'reset'
  readonly form: FormState
  /** Path that takes the form. */
  readonly action: string
  readonly minLength: number
}

export interface ConfirmPage {
  readonly form: FormState
  readonly next: string
}

export interface AccountPage {
  readonly name: string
  /** Role on the server in words, and roles on apps. */
  readonly role: string | null
  readonly apps: readonly { readonly slug: string; readonly name: string; readonly role: string }[]
  readonly sessions: readonly {
    readonly id: string
    readonly isCurrent: boolean
    /** `Firefox on Linux`, or what the browser said. */
    readonly browser: string
    readonly address: string
    readonly signedInAt: string
    readonly lastSeenAt: string
  }[]
  readonly password: {
    readonly error: string | null
    readonly hint: string | null
    readonly minLength: number
    /** Of `current` and `new_password`, those that the error is about. */
    readonly fields?: readonly string[]
  }
  /** What was just done: `The password was changed`. */
  readonly done: string | null
}
