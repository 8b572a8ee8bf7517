import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Database, Reads, Row, Tx } from './database.ts'
import { integrityOf, isCorrupt } from './integrity.ts'
import { saveMeta } from './meta.ts'
import { migrations } from './migrations/index.ts'
import { connectRaw, firstRow, rows } from './raw.ts'
import { createSnapshots } from './snapshots.ts'
import { createWriter } from './writer.ts'

export type { Reads, Row, Tx } from './database.ts'

/** Older SQLite can corrupt a WAL database when a checkpoint races a commit (fixed in 3.51.3; 3.52.0 was withdrawn). */
const OLDEST_SQLITE = [3, 51, 3] as const
const WITHDRAWN_SQLITE = '3.52.0'

/** Key of the mark in `meta`: '1' after a stop in order, '0' while a server runs and after it was killed. */
const CLEAN = 'clean_shutdown'

/** A prepared statement on the reading connection, for the few hot paths. */
export type Prepared = (parameters: readonly unknown[]) => Row | undefined

/**
 * The database: one writing connection whose transactions queue, one reading connection that never waits for them.
 * Readers see only what is committed.
 */
export interface Store {
  readonly reads: Reads
  /**
   * Runs `work` atomically; what it returns is durable when the promise resolves, and when it throws nothing of it
   * stays. Nothing but database work may be awaited inside: other writers wait.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Compiles `text` for the reading connection, once; the statement gives its first row. See hot.ts. */
  prepare(text: string): Prepared
  /** Lets the hot reads of this turn see one state, and tells which; see snapshots.ts. */
  holdSnapshot(): number
  /** True when the last process that wrote here ended in order. */
  readonly wasCleanlyClosed: boolean
  /** @param isClean false after a failed start: the next one then looks closely */
  close(isClean?: boolean): Promise<void>
}

export interface OpenStoreOptions {
  /** Opens a connection to the same database each time. */
  readonly connect: (mode: 'write' | 'read') => SqliteDatabase
  /** False for commands that work beside a running server: they neither migrate nor touch the clean-stop mark. */
  readonly isServer: boolean
  /** Resolves in a later turn of the event loop: writes of requests that arrived together share a commit. */
  readonly nextTurn: () => Promise<void>
}

function corruptsWal(version: string): boolean {
  if (version === WITHDRAWN_SQLITE) return true
  const parts = version.split('.').map(Number)
  for (let i = 0; i < 3; i++) {
    const difference = (parts[i] ?? 0) - OLDEST_SQLITE[i]!
    if (difference !== 0) return difference < 0
  }
  return false
}

function pragma(database: SqliteDatabase, text: string): unknown {
  const rows = database.prepare(`pragma ${text}`).all([]) as Row[]
  return rows[0] === undefined ? undefined : Object.values(rows[0])[0]
}

function configure(database: SqliteDatabase): void {
  pragma(database, 'busy_timeout = 5000')
  pragma(database, 'journal_mode = wal')
  // better-sqlite3 is built to fall back to NORMAL in WAL mode, where a commit is not durable.
  pragma(database, 'synchronous = full')
  pragma(database, 'foreign_keys = on')
  pragma(database, 'trusted_schema = off')
  pragma(database, 'cell_size_check = on')
  // 16 MiB of 4 KiB pages: a checkpoint flushes both files, and a publish writes about fifty pages.
  pragma(database, 'wal_autocheckpoint = 4000')
}

/**
 * Opens the database, brings its schema up to date and proves that commits are durable.
 * @throws Error when SQLite is too old, the file is damaged, or `synchronous` does not hold after a write
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const writer = options.connect('write')
  configure(writer)
  const version = String((writer.prepare('select sqlite_version() as v').all([]) as Row[])[0]!.v)
  if (corruptsWal(version)) {
    throw new Error(
      `Cannot open the database: SQLite ${version} can corrupt it, ${OLDEST_SQLITE.join('.')} or newer and not ${WITHDRAWN_SQLITE} is needed`,
    )
  }
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database: writer }) })
  connectRaw(db, writer)
  const wasCleanlyClosed = await isClean(db)
  if (options.isServer) {
    // Before the migrations: on a damaged file they would make things worse.
    const damage = wasCleanlyClosed ? null : await integrityOf(db)
    if (damage !== null) throw new Error(`Cannot open the database: it is damaged: ${damage}`)
    await migrate(db)
    await saveMeta(db, CLEAN, '0')
  }
  const synchronous = pragma(writer, 'synchronous')
  if (synchronous !== 2)
    throw new Error(`Cannot open the database: synchronous is ${String(synchronous)}, not 2 (FULL)`)

  const reader = options.connect('read')
  configure(reader)
  pragma(reader, 'query_only = on')
  const reads = new Kysely<Database>({ dialect: new SqliteDialect({ database: reader }) })
  connectRaw(reads, reader)
  const snapshots = createSnapshots(reader, options.nextTurn)
  const { write } = createWriter(db, writer, options.nextTurn, snapshots.release)

  return {
    reads,
    wasCleanlyClosed,
    write,
    prepare(text) {
      const statement = reader.prepare(text)
      return (parameters) => statement.all(parameters)[0] as Row | undefined
    },
    holdSnapshot: snapshots.hold,
    async close(isClean = true) {
      // A reader that holds a state would keep the checkpoint waiting.
      snapshots.release()
      if (options.isServer) {
        if (isClean) await saveMeta(db, CLEAN, '1')
        pragma(writer, 'wal_checkpoint(truncate)')
      }
      await reads.destroy()
      await db.destroy()
    },
  }
}

/** Whether the last server that wrote here ended in order, or nobody ever wrote; not when the mark is unreadable. */
async function isClean(db: Kysely<Database>): Promise<boolean> {
  try {
    if (!(await hasTable(db, 'meta'))) return true
  } catch (error) {
    if (isCorrupt(error)) return false
    throw error
  }
  const mark = await firstRow<{ value: string }>(db, 'select value from meta where key = ?', [CLEAN])
  return mark === undefined || mark.value === '1'
}

async function hasTable(db: Kysely<Database>, name: string): Promise<boolean> {
  return (await firstRow(db, `select 1 from sqlite_master where type = 'table' and name = ?`, [name])) !== undefined
}

async function migrate(db: Kysely<Database>): Promise<void> {
  if (await isUpToDate(db)) return
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw new Error('Cannot bring the database up to date', { cause: error })
}

/** Whether exactly our migrations ran: then the migrator, which looks at every table, has nothing to do. */
async function isUpToDate(db: Kysely<Database>): Promise<boolean> {
  if (!(await hasTable(db, 'kysely_migration'))) return false
  const done = await rows<{ name: string }>(db, 'select name from kysely_migration order by name', [])
  return done.map(({ name }) => name).join() === Object.keys(migrations).join()
}
