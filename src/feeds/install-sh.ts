import { quoteShell } from '../bytes/quote.ts'
import type { InstallScript, ScriptFile } from '../model/install-script.ts'
import { INSTALL_SH_BODY } from './install-sh-body.ts'
import { printable, yankNotice } from './script-text.ts'

/**
 * Installs one release with a POSIX shell. All of it stands in braces, which a shell reads to their end before it runs
 * anything: cut anywhere it does nothing. The same facts give the same text.
 */
export function installSh(script: InstallScript): string {
  const { app, release, pageUrl, files, needsToken, fileName } = script
  const set = (name: string, value: string) => `${name}=${quoteShell(printable(value))}`
  return [
    '#!/bin/sh',
    '# Chooses the file of one release for this machine, holds it against its SHA-256, and installs it. See --help.',
    '{',
    // What whoever calls it may have set; zsh divides no words, and takes a trap of a function for its own.
    'if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi',
    'set -eu +C +f',
    'umask go-w',
    'LC_ALL=C',
    'export LC_ALL',
    set('app', app.name),
    set('release', release.ref),
    set('page', pageUrl),
    set('notice', yankNotice(script)),
    set('needs_token', needsToken ? '1' : '0'),
    set('default_file', fileName ?? ''),
    '',
    'offers() {',
    ...(files.length === 0 ? ['  :'] : files.map((file) => `  offer ${wordsOf(file).map(quoteShell).join(' ')}`)),
    '}',
    '',
    `${INSTALL_SH_BODY}`,
    'main "$@"; }',
    '',
  ].join('\n')
}

/** In the order that `offer` reads. */
function wordsOf(file: ScriptFile): string[] {
  const { platform, arch, libc, glibcMin, format, rank, programName, fileName, url, sha256, sizeBytes } = file
  const name = printable(fileName)
  return [platform, arch, libc, glibcMin ?? '', format, String(rank), programName, name, url, sha256, String(sizeBytes)]
}
