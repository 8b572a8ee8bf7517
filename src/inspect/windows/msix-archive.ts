import { readZipMember, type ZipDirectory, type ZipEntry } from '../../formats/archive/zip.ts'
import type { Budget } from '../../formats/budget.ts'
import type { ArtifactSource } from '../inspector.ts'

/** A package or bundle, and what is needed to read its members. */
export interface MsixArchive {
  readonly source: ArtifactSource
  readonly directory: ZipDirectory
  readonly budget: Budget
}

export function memberOf(directory: ZipDirectory, name: string): ZipEntry | undefined {
  return directory.entries.find((entry) => entry.name === name)
}

/** Undefined when there is no such member. @throws FormatError, FormatLimitError, RangeError */
export async function memberBytes(
  { source, directory, budget }: MsixArchive,
  name: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const entry = memberOf(directory, name)
  return entry && readZipMember(source, directory, entry, maxBytes, budget)
}
