/** What every page shows around its subject. */
export interface Shell {
  /** Name of who is signed in. */
  readonly person: string | null
  /** Where signing in leads, back to this page; null where it is off, or on the page itself. */
  readonly signInUrl: string | null
  /** That the connection can be read by everybody on the way. */
  readonly isInsecure: boolean
}
