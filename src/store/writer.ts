import type { Kysely, SqliteDatabase } from 'kysely'
import type { Database, Tx } from './database.ts'
import { connectRaw } from './raw.ts'

/** Writes that may share one commit: bounds how long the first of them waits for the last. */
const MAX_SHARED = 64

interface Job {
  /** Runs the work and answers nobody. @returns its error when it threw: its changes must not stand then */
  run(tx: Tx): Promise<{ readonly error: unknown } | undefined>
  /** Answers with what the work came to, now that everything it saw is durable. */
  settle(): void
  /** Answers with an error of the transaction: whatever the work came to rests on what is lost. */
  fail(error: unknown): void
}

export interface Writer {
  /**
   * Runs `work` atomically; what it returns is durable when the promise resolves. When it throws, nothing of it
   * stays. Works run one after another, each sees what the ones before it did.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

/**
 * Queues writes and lets those that arrive together share one transaction, each within a savepoint of its own, and so
 * one flush of the disk: the flush is what a small write costs. Nobody is answered before the commit.
 * @param database the connection of `db`, for the statements around the works: they need no query builder
 * @param onCommit called after each commit, before anybody is answered
 * @param nextTurn resolves when requests that have arrived meanwhile had their chance to queue
 */
export function createWriter(
  db: Kysely<Database>,
  database: SqliteDatabase,
  nextTurn: () => Promise<void>,
  onCommit: () => void,
): Writer {
  const statement = (text: string) => {
    const prepared = database.prepare(text)
    return () => void prepared.run([])
  }
  // Immediate: taking the write lock at once avoids a busy error in the middle.
  const begin = statement('begin immediate')
  const savepoint = statement('savepoint job')
  const rollbackJob = statement('rollback to job')
  const release = statement('release job')
  const commit = statement('commit')
  const rollback = statement('rollback')

  const queue: Job[] = []
  let isRunning = false

  async function drain(): Promise<void> {
    isRunning = true
    while (queue.length > 0) {
      await nextTurn()
      const jobs = queue.splice(0, MAX_SHARED)
      try {
        await db.connection().execute((connection) => {
          const tx = connection as unknown as Tx
          connectRaw(tx, database)
          return runTogether(tx, jobs)
        })
      } catch (error) {
        for (const job of jobs) job.fail(error)
      }
    }
    isRunning = false
  }

  async function runTogether(tx: Tx, jobs: readonly Job[]): Promise<void> {
    begin()
    try {
      for (const job of jobs) {
        savepoint()
        const failure = await job.run(tx)
        if (failure) undo(failure.error)
        release()
      }
      commit()
      onCommit()
    } catch (error) {
      try {
        rollback()
      } catch {
        // There was nothing left to roll back; the first error is the one that counts.
      }
      throw error
    }
    for (const job of jobs) job.settle()
  }

  /** Takes back one work. After a full disk or an I/O error SQLite has taken back all: then that error is everybody's. */
  function undo(because: unknown): void {
    try {
      rollbackJob()
    } catch {
      throw because
    }
  }

  return {
    write: <T>(work: (tx: Tx) => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        let settle = (): void => undefined
        queue.push({
          async run(tx) {
            try {
              const result = await work(tx)
              settle = () => resolve(result)
              return undefined
            } catch (error) {
              settle = () => reject(error)
              return { error }
            }
          },
          settle: () => settle(),
          fail: reject,
        })
        // It reports to the jobs and never rejects itself.
        if (!isRunning) void drain()
      }),
  }
}
