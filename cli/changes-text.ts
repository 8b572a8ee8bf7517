import { changeWords, filesThatDiffer } from '../src/model/change-text.ts'
import type { ReleaseChanges } from '../src/model/changes.ts'
import { displayWidth, table } from './width.ts'

/** Where a list of changes goes on in another line. */
const LINE_COLUMNS = 72

/** Whole changes, as many in a line as fit there, at least one. */
function wrapped(words: readonly string[]): string[] {
  const lines: string[] = []
  for (const word of words) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)}, ${word}`
    if (lines.length > 0 && displayWidth(longer) <= LINE_COLUMNS) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

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
            differing.flatMap((file) =>
              wrapped(changeWords(file)).map((line, i) => [i === 0 ? file.fileName : '', line]),
            ),
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
