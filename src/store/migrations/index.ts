import type { Migration } from 'kysely/migration'
import * as spine from './0001-spine.ts'
import * as life from './0002-life.ts'
import * as people from './0003-people.ts'

/** Every migration, in order. An explicit record: a compiled binary has no folder to read. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-spine': spine,
  '0002-life': life,
  '0003-people': people,
}
