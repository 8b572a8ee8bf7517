/** The part of better-sqlite3 13 that ./sqlite.ts uses; the package has no types of its own. */
declare module 'better-sqlite3' {
  interface Statement {
    readonly reader: boolean
    all(parameters: ReadonlyArray<unknown>): Record<string, unknown>[]
    run(parameters: ReadonlyArray<unknown>): { changes: number; lastInsertRowid: bigint }
    iterate(parameters: ReadonlyArray<unknown>): IterableIterator<Record<string, unknown>>
  }
  class Database {
    constructor(path: string, options?: { fileMustExist?: boolean; timeout?: number })
    close(): void
    defaultSafeIntegers(enabled: boolean): this
    pragma(text: string): unknown
    prepare(sql: string): Statement
  }
  export = Database
}
