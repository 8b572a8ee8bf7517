import type { Reads, Row, Tx } from './database.ts'
import { firstRow } from './raw.ts'
import { sqliteCode } from './sqlite-code.ts'

/** SQLite's own words are told up to here. Characters. */
const MAX_LENGTH = 200

/** The first thing that SQLite finds wrong with its file, pages, indexes and constraints; null when nothing is. */
export async function integrityOf(db: Reads | Tx): Promise<string | null> {
  try {
    const row = await firstRow<Row>(db, 'pragma integrity_check(1)', [])
    const found = String(Object.values(row ?? {})[0])
    return found === 'ok' ? null : found.slice(0, MAX_LENGTH)
  } catch (error) {
    // Some damage ends the check itself; anything else (busy, no memory, the disk) is no word about the file.
    if (!isCorrupt(error)) throw error
    return String(error).slice(0, MAX_LENGTH)
  }
}

/** Whether SQLite says that its file is damaged. */
export function isCorrupt(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB'
}
