import { changeWords, filesThatDiffer } from '../src/model/change-text.ts'
import type { ReleaseChanges } from '../src/model/changes.ts'
import { table } from './width.ts'

/** Files that are named after a move. */
const MAX_LINES = 20

/** Two releases beside each other: a row for each file that is not the same. */
export function changesText(app: string, changes: ReleaseChanges): string {
  const { from, to, files } = changes
  const differing = filesThatDiffer(changes)
  const head = from === null ? `${app} ${to}, with nothing before it` : `${app} ${from} → ${to}`
  const same = files.length - differing.length
  return [
    `${head}\n`,
    ...(differing.length === 0
      ? []
      : [
          '\n',
          table(
            ['FILE', 'CHANGE'],
            differing.map((file) => [file.fileName, changeWords(file).join(', ')]),
          ),
        ]),
    ...(same === 0 ? [] : [`\n${same} ${same === 1 ? 'file is' : 'files are'} the same\n`]),
  ].join('')
}

/** What a move changed, a line for each file; nothing where the channel held nothing before. */
export function changesOfMove(changes: ReleaseChanges | null): string[] {
  if (changes === null || changes.from === null) return []
  const differing = filesThatDiffer(changes)
  const lines = differing.slice(0, MAX_LINES).map((file) => `  ${file.fileName}: ${changeWords(file).join(', ')}`)
  const more = differing.length - lines.length
  return more > 0 ? [...lines, `  and ${more} more ${more === 1 ? 'file' : 'files'}`] : lines
}
