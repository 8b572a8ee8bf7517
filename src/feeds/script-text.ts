import type { InstallScript } from '../model/install-script.ts'

/** A text that a terminal shows and does nothing else with: control characters are replaced. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?')
}

/** What is said before anything is fetched; empty where nothing is to be said. */
export function yankNotice({ app, release }: Pick<InstallScript, 'app' | 'release'>): string {
  return release.yankReason === null ? '' : `${app.name} ${release.ref} was yanked: ${release.yankReason}`
}
