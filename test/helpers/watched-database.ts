import type { SqliteDatabase } from 'kysely'

/** The same connection, telling the text of every statement when it is run, however often it was prepared. */
export function watched(database: SqliteDatabase, onStatement?: (text: string) => void): SqliteDatabase {
  if (onStatement === undefined) return database
  return {
    close: () => database.close(),
    prepare(text) {
      const statement = database.prepare(text)
      return {
        get reader() {
          return statement.reader
        },
        all(parameters) {
          onStatement(text)
          return statement.all(parameters)
        },
        run(parameters) {
          onStatement(text)
          return statement.run(parameters)
        },
        iterate(parameters) {
          onStatement(text)
          return statement.iterate(parameters)
        },
      }
    },
  }
}
