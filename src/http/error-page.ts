import { type DistError, errorRow } from '../errors.ts'
import type { Artifact } from '../model/artifact.ts'
import type { Listing } from '../model/listing.ts'
import { fileItem } from './file-item.ts'

function filesOf(error: DistError): Listing['sections'] {
  if (error.code !== 'artifact.ambiguous') return []
  const { files } = error.details as { files: readonly Artifact[] }
  return [{ title: 'Files', empty: '', items: files.map((file) => fileItem(file, file.url)) }]
}

/** An error for people: the facts of its problem details, and links to what it lists. */
export function errorPage(error: DistError, status: number, requestId: string): Listing {
  const { title } = errorRow(error.code)
  return {
    title,
    // What happened comes first, then what to do, then what to tell the operator.
    subtitle: error.message === title ? null : error.message,
    notice: null,
    text: error.hint ?? null,
    facts: [
      { name: 'Status', value: String(status) },
      { name: 'Code', value: error.code },
      { name: 'Request', value: requestId },
    ],
    sections: filesOf(error),
    qrUrl: null,
  }
}
