/** Another server uses the data folder. */
export class DataFolderLockedError extends Error {
  override readonly name = 'DataFolderLockedError'
  constructor(path: string) {
    super(`Cannot lock ${path}: another server uses this data folder`)
  }
}

/** What the lock needs of SQLite; every `Runtime.openSqlite` gives it. */
export interface LockDatabase {
  prepare(sql: string): {
    readonly reader: boolean
    all(parameters: readonly unknown[]): unknown
    run(parameters: readonly unknown[]): unknown
  }
  close(): void
}

export interface DataFolderLock {
  release(): void
}

/** A second server that starts while the first one stops may wait this long; then it says so and ends. */
const BUSY_TIMEOUT_MS = 400

/** Locks in use. A database that nobody refers to is closed by the garbage collector, and its lock with it. */
const held = new Set<LockDatabase>()

/**
 * Holds the single-instance lock: an exclusive transaction on an empty database. The lock is the operating system's,
 * so it ends with the process however that ends, and no stale file has to be judged.
 * @param path the file `lock.db`
 * @throws DataFolderLockedError within a second when another holder lives; other errors are the machine's, unchanged
 */
export function lockDataFolder(path: string, openSqlite: (path: string) => LockDatabase): DataFolderLock {
  const database = openSqlite(path)
  try {
    run(database, `pragma busy_timeout = ${BUSY_TIMEOUT_MS}`)
    run(database, 'begin exclusive')
  } catch (error) {
    database.close()
    // The message is SQLite's own (SQLITE_BUSY) and equal in all its bindings; their codes are not.
    if (error instanceof Error && error.message.includes('database is locked')) throw new DataFolderLockedError(path)
    throw error
  }
  held.add(database)
  return {
    release() {
      if (!held.delete(database)) return
      // Some bindings keep a closed database until its statements are collected, and with it an open transaction.
      run(database, 'rollback')
      database.close()
    },
  }
}

function run(database: LockDatabase, sql: string): void {
  const statement = database.prepare(sql)
  if (statement.reader) statement.all([])
  else statement.run([])
}
