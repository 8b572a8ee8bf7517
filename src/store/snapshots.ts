import type { SqliteDatabase } from 'kysely'

export interface Snapshots {
  /**
   * Makes sure that a read transaction is open and tells the number of the state that it sees; the number differs
   * whenever anybody, of this process or of another, has committed in between.
   */
  hold(): number
  /** Ends the read transaction; the next read sees what was committed until then. */
  release(): void
}

/**
 * Lets the hot reads of one turn of the event loop share a read transaction: taking and leaving the lock of a WAL
 * database costs as much as a point read. It ends with the turn, and must be ended at every commit of our own, so
 * that a read never misses what was acknowledged before it.
 * @param reader a connection that never writes
 */
export function createSnapshots(reader: SqliteDatabase, nextTurn: () => Promise<void>): Snapshots {
  const begin = reader.prepare('begin')
  const end = reader.prepare('commit')
  // Changes with every commit by another connection (sqlite.org/pragma.html#pragma_data_version).
  const dataVersion = reader.prepare('pragma data_version')
  let isHeld = false
  let held = 0
  const release = (): void => {
    if (!isHeld) return
    isHeld = false
    end.run([])
  }
  return {
    release,
    hold() {
      if (isHeld) return held
      begin.run([])
      isHeld = true
      const [row] = dataVersion.all([]) as { data_version: number }[]
      held = row!.data_version
      void nextTurn().then(release)
      return held
    },
  }
}
