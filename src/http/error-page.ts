import { type DistError, errorRow } from '../errors.ts'
import type { Artifact } from '../model/artifact.ts'
import type { ErrorPage } from '../model/view.ts'
import { fileItem } from './file-item.ts'

function filesOf(error: DistError): ErrorPage['files'] {
  if (error.code !== 'artifact.ambiguous') return []
  const { files } = error.details as { files: readonly Artifact[] }
  return files.map((file) => fileItem(file, file.url))
}

/** What strangers are told where others may see something. */
const HIDING: ReadonlySet<number> = new Set([401, 403, 404])

/** An error for people: the facts of its problem details, and links to what it lists. */
export function errorPage(error: DistError, status: number, requestId: string): ErrorPage {
  const { title } = errorRow(error.code)
  return {
    title,
    detail: error.message === title ? null : error.message,
    hint: error.hint ?? null,
    mayNeedSignIn: HIDING.has(status),
    facts: [
      { name: 'Status', value: String(status) },
      { name: 'Code', value: error.code },
      { name: 'Request', value: requestId },
    ],
    files: filesOf(error),
  }
}
