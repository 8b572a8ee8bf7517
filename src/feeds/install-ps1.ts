import { asciiPowerShell } from '../bytes/quote.ts'
import type { InstallScript, ScriptFile } from '../model/install-script.ts'
import { INSTALL_PS1_BODY } from './install-ps1-body.ts'
import { printable, yankNotice } from './script-text.ts'

/**
 * Installs one release with PowerShell. All of it stands in a block, which is parsed to its end before any of it runs: cut
 * anywhere it does nothing. ASCII alone. The same facts give the same text.
 */
export function installPs1(script: InstallScript): string {
  const { app, release, pageUrl, files, needsToken, fileName } = script
  const set = (name: string, value: string) => `$${name} = ${asciiPowerShell(printable(value))}`
  return [
    '# Chooses the file of one release for this machine, holds it against its SHA-256, and installs it.',
    '# $env:DIST_DRY_RUN = 1 says what would be done, $env:DIST_FILE chooses a file, $env:DIST_TOKEN is for what is not public.',
    '& {',
    set('app', app.name),
    set('slug', app.slug),
    set('release', release.ref),
    set('page', pageUrl),
    set('notice', yankNotice(script)),
    `$needsToken = ${needsToken ? '$true' : '$false'}`,
    set('wanted', fileName ?? ''),
    '',
    'function Get-File {',
    ...files.map((file) => `  ${recordOf(file)}`),
    '}',
    '',
    INSTALL_PS1_BODY,
    'Install-Release }',
    '',
  ].join('\n')
}

function recordOf({ arch, format, rank, programName, fileName, url, sha256, sizeBytes }: ScriptFile): string {
  const extension = format === 'pe' ? 'exe' : format
  const texts: readonly (readonly [string, string])[] = [
    ['Arch', arch],
    ['Format', format],
    ['Extension', extension],
    ['Program', programName],
    ['Name', printable(fileName)],
    ['Url', url],
    ['Sha256', sha256],
  ]
  const numbers = `Rank = ${Math.trunc(rank)}; Size = ${Math.trunc(sizeBytes)}`
  const fields = texts.map(([name, value]) => `${name} = ${asciiPowerShell(value)}`).join('; ')
  return `[pscustomobject]@{ ${fields}; ${numbers} }`
}
