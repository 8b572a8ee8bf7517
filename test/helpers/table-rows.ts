import type { SqliteDatabase } from 'kysely'

/** Rows of every table as JSON text, in the order in which they lie: what a request changed is what differs. */
export function tableRows(database: SqliteDatabase): Record<string, string[]> {
  const all = (text: string) => database.prepare(text).all([]) as Record<string, unknown>[]
  const tables = all(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`)
  return Object.fromEntries(
    tables.map(({ name }) => [
      String(name),
      all(`select * from "${name}"`).map(({ last_used_at: _noted, ...row }) => JSON.stringify(row)),
    ]),
  )
}
