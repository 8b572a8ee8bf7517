import type { FlagSpec } from './command.ts'

/** Flags of every command. */
export const GLOBAL_FLAGS: Readonly<Record<string, FlagSpec>> = {
  server: { type: 'text', value: 'url', help: 'the server (DIST_SERVER)' },
  token: {
    type: 'text',
    value: 'token',
    help: 'the credential; better in DIST_TOKEN, where other users cannot read it',
  },
  profile: {
    type: 'text',
    value: 'name',
    help: 'read DIST_SERVER_NAME and DIST_TOKEN_NAME in place of DIST_SERVER and DIST_TOKEN (DIST_PROFILE)',
  },
  json: { type: 'boolean', help: 'print one JSON document on stdout, errors as JSON on stderr' },
  debug: { type: 'boolean', help: 'tell each request on stderr' },
}

/** `expiresInDays` → `expires-in-days`, as it is typed. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
