import type { FactChange, FileChange, NamedSigner, ReleaseChanges } from './changes.ts'
import { systemText } from './fact-text.ts'
import { sizeText } from './size.ts'

/** Permissions that one line names. */
const MAX_NAMES = 10

/** The files that are not the same in both releases. */
export function filesThatDiffer({ files }: Pick<ReleaseChanges, 'files'>): FileChange[] {
  return files.filter(({ change }) => change !== 'same')
}

/** What became of one file, in few words, as people read them: `+1.2 MiB`, `version 1.4.0 → 1.5.0`. */
export function changeWords(file: FileChange): string[] {
  const { change, platform, sizeBytes, identifier, version, buildNumber, minOs, permissions, signer } = file
  if (change === 'added') return ['added', sizeText(sizeBytes.to ?? 0)]
  if (change === 'removed') return ['removed']
  if (change === 'same') return ['same bytes']
  const fact = (name: string, value: FactChange | null, text = (word: string) => word) =>
    value === null ? [] : [`${name} ${arrow(value.from && text(value.from), value.to && text(value.to))}`]
  return [
    sizeDifferenceText(sizeBytes.from ?? 0, sizeBytes.to ?? 0),
    ...fact('id', identifier),
    ...fact('version', version),
    ...fact('build', buildNumber),
    ...fact('min OS', minOs, (word) => systemText(word, platform)),
    ...(permissions === null ? [] : permissionWords(permissions)),
    ...(signer === null ? [] : [signerText(signer)]),
  ]
}

function arrow(from: string | null, to: string | null): string {
  return `${from ?? 'none'} → ${to ?? 'none'}`
}

/** `+1.2 MiB`, `−3 B`, `other bytes, same size`. */
function sizeDifferenceText(from: number, to: number): string {
  if (from === to) return 'other bytes, same size'
  return `${to > from ? '+' : '−'}${sizeText(Math.abs(to - from))}`
}

function permissionWords({ added, removed }: { added: readonly string[]; removed: readonly string[] }): string[] {
  return [
    ...(added.length === 0 ? [] : [`new permissions: ${namesText(added)}`]),
    ...(removed.length === 0 ? [] : [`dropped permissions: ${namesText(removed)}`]),
  ]
}

function namesText(names: readonly string[]): string {
  const more = names.length - MAX_NAMES
  return names.slice(0, MAX_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function signerText({ from, to, continues }: NonNullable<FileChange['signer']>): string {
  const change = arrow(signersText(from), signersText(to))
  return continues ? `signer ${change}` : `another signer: ${change}`
}

/** Certificates are long, and the names in them are whatever their makers wrote. */
function signersText(signers: readonly NamedSigner[]): string | null {
  if (signers.length === 0) return null
  return signers
    .map(
      ({ id, verified }) =>
        (/^[0-9a-f]{64}$/.test(id) ? `${id.slice(0, 12)}…` : id) + (verified ? '' : ' (unverified)'),
    )
    .join(', ')
}
