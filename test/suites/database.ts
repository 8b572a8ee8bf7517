import assert from 'node:assert/strict'
import { type Generated, Kysely, type SqliteDatabase, SqliteDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'

export interface DatabaseFixture {
  readonly open: (path: string, options: { readonly: boolean }) => SqliteDatabase
  /** A path in a folder of this case alone; nothing is there yet. */
  readonly path: string
}

export interface DatabaseCase {
  readonly name: string
  readonly run: (fixture: DatabaseFixture) => Promise<void> | void
}

interface Tables {
  app: { id: Generated<number>; slug: string; downloads: number | null; icon: Uint8Array | null }
  release: { id: Generated<number>; app: number; version: string }
}

const SCHEMA = [
  'create table app (id integer primary key, slug text not null unique, downloads integer, icon blob) strict',
  'create table release (id integer primary key, app integer not null references app (id), version text not null) strict',
]

/** Opens as the store does: durable WAL, foreign keys, a wait for locks. */
function open(fixture: DatabaseFixture, path = fixture.path): SqliteDatabase {
  const database = fixture.open(path, { readonly: false })
  for (const pragma of ['journal_mode = wal', 'synchronous = full', 'foreign_keys = on', 'busy_timeout = 2000'])
    database.prepare(`pragma ${pragma}`).all([])
  return database
}

function withSchema(database: SqliteDatabase): SqliteDatabase {
  for (const statement of SCHEMA) database.prepare(statement).run([])
  return database
}

const kysely = (database: SqliteDatabase) => new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })

/** A case over a Kysely instance with the two tables, closed at the end. */
function onTables(name: string, run: (db: Kysely<Tables>, raw: SqliteDatabase) => Promise<void>): DatabaseCase {
  return {
    name,
    run: async (fixture) => {
      const raw = withSchema(open(fixture))
      const db = kysely(raw)
      try {
        await run(db, raw)
      } finally {
        await db.destroy()
      }
    },
  }
}

/** A case over the bare shape, closed at the end. */
function onShape(name: string, run: (database: SqliteDatabase, fixture: DatabaseFixture) => void): DatabaseCase {
  return {
    name,
    run: (fixture) => {
      const database = open(fixture)
      try {
        run(database, fixture)
      } finally {
        database.close()
      }
    },
  }
}

const one = (database: SqliteDatabase, text: string, ...parameters: unknown[]) =>
  database.prepare(text).all(parameters)[0]

const slugs = async (db: Kysely<Tables>) =>
  (await db.selectFrom('app').select('slug').orderBy('slug').execute()).map((row) => row.slug)

/** What every opening of SQLite must do, driven by Kysely's own dialect or by `prepare` itself. */
export const databaseCases: readonly DatabaseCase[] = [
  onTables('insert … returning gives plain rows', async (db) => {
    const rows = await db.insertInto('app').values({ slug: 'notes' }).returningAll().execute()
    assert.deepEqual(rows, [{ id: 1, slug: 'notes', downloads: null, icon: null }])
  }),
  onTables('update … returning gives the rows that changed', async (db) => {
    await db
      .insertInto('app')
      .values([{ slug: 'a' }, { slug: 'b' }])
      .execute()
    const rows = await db.updateTable('app').set({ downloads: 3 }).where('slug', '=', 'b').returning('slug').execute()
    assert.deepEqual(rows, [{ slug: 'b' }])
  }),
  onTables('insert reports the id of the row', async (db) => {
    await db.insertInto('app').values({ slug: 'a' }).execute()
    const result = await db.insertInto('app').values({ slug: 'b' }).executeTakeFirstOrThrow()
    assert.equal(result.insertId, 2n)
    assert.equal(result.numInsertedOrUpdatedRows, 1n)
  }),
  onTables('update and delete report how many rows they touched', async (db) => {
    await db
      .insertInto('app')
      .values([{ slug: 'a' }, { slug: 'b' }, { slug: 'c' }])
      .execute()
    const updated = await db.updateTable('app').set({ downloads: 1 }).where('slug', '>', 'a').executeTakeFirstOrThrow()
    const missed = await db.updateTable('app').set({ downloads: 1 }).where('slug', '=', 'z').executeTakeFirstOrThrow()
    const deleted = await db.deleteFrom('app').executeTakeFirstOrThrow()
    assert.deepEqual([updated.numUpdatedRows, missed.numUpdatedRows, deleted.numDeletedRows], [2n, 0n, 3n])
  }),
  onTables('affected rows leave out what triggers touched', async (db, raw) => {
    raw
      .prepare(
        `create trigger copy after update on app begin
           insert into release (app, version) values (new.id, '1');
           insert into release (app, version) values (new.id, '2');
         end;`,
      )
      .run([])
    await db.insertInto('app').values({ slug: 'a' }).execute()
    const result = await db.updateTable('app').set({ downloads: 1 }).executeTakeFirstOrThrow()
    assert.equal(result.numUpdatedRows, 1n)
    assert.equal((await db.selectFrom('release').selectAll().execute()).length, 2)
  }),
  onTables('on conflict do nothing affects no row', async (db) => {
    const insert = () =>
      db
        .insertInto('app')
        .values({ slug: 'a' })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
    assert.equal((await insert()).numInsertedOrUpdatedRows, 1n)
    assert.equal((await insert()).numInsertedOrUpdatedRows, 0n)
  }),
  onTables('a transaction that throws leaves nothing', async (db) => {
    await assert.rejects(
      db.transaction().execute(async (trx) => {
        await trx.insertInto('app').values({ slug: 'a' }).execute()
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )
    assert.deepEqual(await slugs(db), [])
  }),
  onTables('savepoints nest inside a controlled transaction', async (db) => {
    const trx = await db.startTransaction().execute()
    await trx.insertInto('app').values({ slug: 'kept' }).execute()
    const inner = await trx.savepoint('inner').execute()
    await inner.insertInto('app').values({ slug: 'undone' }).execute()
    const back = await inner.rollbackToSavepoint('inner').execute()
    await back.insertInto('app').values({ slug: 'later' }).execute()
    await (await back.releaseSavepoint('inner').execute()).commit().execute()
    assert.deepEqual(await slugs(db), ['kept', 'later'])
  }),
  onTables('eight transactions at once queue and all commit', async (db) => {
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        db.transaction().execute(async (trx) => {
          const { count } = await trx
            .selectFrom('app')
            .select((build) => build.fn.countAll<number>().as('count'))
            .executeTakeFirstOrThrow()
          await trx
            .insertInto('app')
            .values({ slug: `app-${index}`, downloads: count })
            .execute()
        }),
      ),
    )
    const rows = await db.selectFrom('app').select('downloads').orderBy('downloads').execute()
    assert.deepEqual(
      rows.map((row) => row.downloads),
      [0, 1, 2, 3, 4, 5, 6, 7],
    )
  }),
  onTables('a query from outside waits for the open transaction', async (db) => {
    const order: string[] = []
    const transaction = db.transaction().execute(async (trx) => {
      await trx.insertInto('app').values({ slug: 'a' }).execute()
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push('transaction')
    })
    await new Promise((resolve) => setTimeout(resolve, 1))
    const outside = slugs(db).then((found) => {
      order.push('outside')
      return found
    })
    await transaction
    assert.deepEqual(await outside, ['a'])
    assert.deepEqual(order, ['transaction', 'outside'])
  }),
  onTables('integers survive up to ±(2^53-1)', async (db) => {
    for (const downloads of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, -1, 2 ** 31, -(2 ** 31) - 1]) {
      await db
        .insertInto('app')
        .values({ slug: `n${downloads}`, downloads })
        .execute()
      const row = await db
        .selectFrom('app')
        .select('downloads')
        .where('downloads', '=', downloads)
        .executeTakeFirstOrThrow()
      assert.equal(row.downloads, downloads)
    }
  }),
  onTables('an integer beyond 2^53-1 is refused, not rounded', async (db) => {
    await sql`insert into app (slug, downloads) values ('big', 9007199254740993)`.execute(db)
    await assert.rejects(db.selectFrom('app').select('downloads').execute(), RangeError)
    assert.deepEqual(await slugs(db), ['big'])
  }),
  onTables('NULL, an empty text, an emoji and bidirectional text survive', async (db) => {
    for (const slug of ['', '🦊', 'ab\u202Ecd', "it's"]) {
      await db.insertInto('app').values({ slug }).execute()
      const row = await db
        .selectFrom('app')
        .select(['slug', 'downloads'])
        .where('slug', '=', slug)
        .executeTakeFirstOrThrow()
      assert.deepEqual(row, { slug, downloads: null })
    }
  }),
  onTables('a BLOB comes back as Uint8Array with its bytes', async (db) => {
    const icon = Uint8Array.from({ length: 256 }, (_, index) => index)
    await db.insertInto('app').values({ slug: 'a', icon }).execute()
    await db
      .insertInto('app')
      .values({ slug: 'b', icon: new Uint8Array(0) })
      .execute()
    await db
      .insertInto('app')
      .values({ slug: 'c', icon: icon.subarray(7, 9) })
      .execute()
    const rows = await db.selectFrom('app').select('icon').orderBy('slug').execute()
    assert.deepEqual(
      rows.map((row) => row.icon),
      [icon, new Uint8Array(0), Uint8Array.of(7, 8)],
    )
  }),
  onTables('stream() gives rows one by one and may be left early', async (db) => {
    for (let index = 0; index < 20; index++)
      await db
        .insertInto('app')
        .values({ slug: `app-${String(index).padStart(2, '0')}` })
        .execute()
    const query = db.selectFrom('app').select(['id', 'slug']).orderBy('slug')
    const seen: unknown[] = []
    for await (const row of query.stream()) {
      seen.push(row)
      if (seen.length === 3) break
    }
    assert.deepEqual(seen[2], { id: 3, slug: 'app-02' })
    assert.equal((await query.execute()).length, 20)
    await db.deleteFrom('app').execute()
    assert.deepEqual(await slugs(db), [])
  }),
  onTables('UNIQUE names its column in the message', async (db) => {
    const insert = () => db.insertInto('app').values({ slug: 'notes' }).execute()
    await insert()
    await assert.rejects(insert(), { message: 'UNIQUE constraint failed: app.slug' })
  }),
  onTables('foreign keys and STRICT types are enforced', async (db) => {
    await assert.rejects(db.insertInto('release').values({ app: 9, version: '1' }).execute(), {
      message: 'FOREIGN KEY constraint failed',
    })
    await assert.rejects(sql`insert into app (slug, downloads) values ('a', 'many')`.execute(db), {
      message: 'cannot store TEXT value in INTEGER column app.downloads',
    })
  }),
  onTables('RAISE(ABORT) carries its message and undoes the statement', async (db, raw) => {
    raw.prepare("create trigger frozen before delete on app begin select raise(abort, 'apps stay'); end").run([])
    await db.insertInto('app').values({ slug: 'a' }).execute()
    await assert.rejects(db.deleteFrom('app').execute(), { message: 'apps stay' })
    assert.deepEqual(await slugs(db), ['a'])
  }),
  onTables('migrations run from empty and are nothing the second time', async (db) => {
    const migrator = new Migrator({
      db,
      provider: {
        getMigrations: async () => ({
          '001-note': { up: (at) => at.schema.createTable('note').addColumn('text', 'text').execute() },
        }),
      },
    })
    const first = await migrator.migrateToLatest()
    assert.deepEqual([first.error, first.results?.map((result) => result.status)], [undefined, ['Success']])
    const second = await migrator.migrateToLatest()
    assert.deepEqual([second.error, second.results], [undefined, []])
  }),
  onShape('a number binds as INTEGER when it is one, as REAL when not', (database) => {
    const query = 'select typeof(?) as type, json_array(?) as json'
    assert.deepEqual(one(database, query, 5, 5), { type: 'integer', json: '[5]' })
    assert.deepEqual(one(database, query, 2 ** 40, 2 ** 40), { type: 'integer', json: '[1099511627776]' })
    assert.deepEqual(one(database, query, 1.5, 1.5), { type: 'real', json: '[1.5]' })
    assert.deepEqual(one(database, query, 5n, 5n), { type: 'integer', json: '[5]' })
  }),
  onShape('undefined, booleans, dates, objects and buffers that are not bytes are a TypeError', (database) => {
    for (const value of [undefined, true, false, new Date(0), {}, [], new ArrayBuffer(2), Symbol('s'), () => 1])
      assert.throws(() => one(database, 'select ? as v', value), TypeError)
  }),
  onShape('NaN, infinities, integers beyond 64 bits and text with NUL are a RangeError', (database) => {
    for (const value of [Number.NaN, Infinity, -Infinity, 2n ** 63n, -(2n ** 63n) - 1n, 'a\0b'])
      assert.throws(() => one(database, 'select ? as v', value), RangeError)
    assert.throws(() => one(database, 'select ? as v', 2n ** 62n), /beyond 2\^53-1/)
  }),
  onShape('a text of two statements is refused, a trailing semicolon and comment are not', (database) => {
    for (const text of ['select 1; select 2', "select ';'; -- c\n drop table app", 'begin; commit', 'select 1;;x'])
      assert.throws(() => database.prepare(text), RangeError, text)
    for (const text of [
      "select ';' as v",
      'select 1 as v ; -- done',
      'select 1 /* ; x */ as v;',
      'select "v" from (select 1 as v);',
    ])
      assert.equal(database.prepare(text).all([]).length, 1, text)
  }),
  onShape('a statement that is asked again sees schema and data of now', (database) => {
    const query = 'select * from growing'
    database.prepare('create table growing (a integer)').run([])
    database.prepare('insert into growing values (?)').run([1])
    assert.deepEqual(database.prepare(query).all([]), [{ a: 1 }])
    database.prepare("alter table growing add column b text default 'x'").run([])
    assert.deepEqual(database.prepare(query).all([]), [{ a: 1, b: 'x' }])
    database.prepare('drop table growing').run([])
    assert.throws(() => database.prepare(query).all([]), /no such table/)
  }),
  onShape('the same text may run while its own rows are being read', (database) => {
    const query = 'select value as v from json_each(?) order by value'
    const seen: unknown[] = []
    for (const row of database.prepare(query).iterate(['[1,2,3]'])) {
      const [first] = database.prepare(query).all(['[7]'])
      seen.push(row, first)
    }
    assert.deepEqual(seen, [{ v: 1 }, { v: 7 }, { v: 2 }, { v: 7 }, { v: 3 }, { v: 7 }])
  }),
  onShape('a thousand different texts do not disturb each other', (database) => {
    for (const round of [1, 2])
      for (let index = 0; index < 1000; index++)
        assert.deepEqual(one(database, `select ? + ${index} as v`, round), { v: index + round })
  }),
  onShape('an error does not spoil the statement', (database) => {
    database.prepare('create table single (v integer unique)').run([])
    const insert = 'insert into single values (?)'
    database.prepare(insert).run([1])
    assert.throws(() => database.prepare(insert).run([1]), /UNIQUE/)
    assert.throws(() => database.prepare(insert).run([true]), TypeError)
    database.prepare(insert).run([2])
    assert.deepEqual(database.prepare('select v from single order by v').all([]), [{ v: 1 }, { v: 2 }])
  }),
  onShape('pragmas act each time they are asked', (database) => {
    for (const state of [0, 1, 0, 1]) {
      database.prepare(`pragma foreign_keys = ${state}`).all([])
      assert.deepEqual(one(database, 'pragma foreign_keys'), { foreign_keys: state })
    }
  }),
  onShape('json, jsonb, ->> and generated columns are there', (database) => {
    assert.deepEqual(one(database, "select jsonb(?) ->> '$.a' as v", '{"a":"x"}'), { v: 'x' })
    database.prepare("create table facts (doc text, name text as (doc ->> 'name') stored)").run([])
    database.prepare('insert into facts (doc) values (?)').run(['{"name":"notes"}'])
    assert.deepEqual(one(database, 'select name from facts'), { name: 'notes' })
  }),
  onShape('full-text search finds a word without its diacritics', (database) => {
    database.prepare("create virtual table words using fts5 (t, tokenize = 'unicode61 remove_diacritics 2')").run([])
    database.prepare('insert into words values (?)').run(['Crème brûlée'])
    assert.deepEqual(one(database, 'select t from words where words match ?', 'brulee'), { t: 'Crème brûlée' })
  }),
  onShape('a partial unique index binds only its rows', (database) => {
    database.prepare('create table slot (app integer, open integer)').run([])
    database.prepare('create unique index one_open on slot (app) where open = 1').run([])
    const insert = database.prepare('insert into slot values (?, ?)')
    for (const row of [
      [1, 0],
      [1, 0],
      [1, 1],
    ])
      insert.run(row)
    assert.throws(() => insert.run([1, 1]), { message: 'UNIQUE constraint failed: slot.app' })
  }),
  onShape('WAL with synchronous=full stays full after the first write', (database) => {
    database.prepare('create table written (v integer)').run([])
    assert.deepEqual(one(database, 'pragma journal_mode'), { journal_mode: 'wal' })
    assert.deepEqual(one(database, 'pragma synchronous'), { synchronous: 2 })
  }),
  {
    name: 'a file that was closed and opened again holds what was written',
    run: async (fixture) => {
      const first = kysely(withSchema(open(fixture)))
      await first.insertInto('app').values({ slug: 'kept' }).execute()
      await first.destroy()
      const second = kysely(open(fixture))
      assert.deepEqual(await slugs(second), ['kept'])
      await second.destroy()
    },
  },
  {
    name: 'a second connection reads what the first committed and not what it holds open',
    run: (fixture) => {
      const writer = withSchema(open(fixture))
      const reader = open(fixture)
      const count = () => one(reader, 'select count(*) as n from app')
      writer.prepare('begin immediate').run([])
      writer.prepare('insert into app (slug) values (?)').run(['a'])
      assert.deepEqual(count(), { n: 0 })
      writer.prepare('commit').run([])
      assert.deepEqual(count(), { n: 1 })
      reader.close()
      writer.close()
    },
  },
  {
    name: 'readonly reads a WAL database in use and refuses writes',
    run: (fixture) => {
      const writer = withSchema(open(fixture))
      writer.prepare('insert into app (slug) values (?)').run(['a'])
      const reader = fixture.open(fixture.path, { readonly: true })
      assert.deepEqual(reader.prepare('select slug from app').all([]), [{ slug: 'a' }])
      assert.throws(() => reader.prepare('delete from app').run([]), /readonly/)
      reader.close()
      writer.close()
    },
  },
  {
    name: 'readonly does not create a file that is not there',
    run: (fixture) => {
      assert.throws(() => fixture.open(fixture.path, { readonly: true }).prepare('select 1').all([]))
      const created = fixture.open(fixture.path, { readonly: false })
      assert.deepEqual(created.prepare('select count(*) as n from sqlite_schema').all([]), [{ n: 0 }])
      created.close()
    },
  },
  {
    name: 'a path with spaces, %, ? and # is a file of that name',
    run: (fixture) => {
      const path = `${fixture.path} 100% a?b#c`
      const writer = withSchema(open(fixture, path))
      const reader = fixture.open(path, { readonly: true })
      assert.deepEqual(reader.prepare('select count(*) as n from app').all([]), [{ n: 0 }])
      reader.close()
      writer.close()
    },
  },
  {
    name: '":memory:" is a database of its own',
    run: (fixture) => {
      const [first, second] = [
        fixture.open(':memory:', { readonly: false }),
        fixture.open(':memory:', { readonly: false }),
      ]
      withSchema(first)
      assert.deepEqual(one(second, 'select count(*) as n from sqlite_schema'), { n: 0 })
      first.close()
      second.close()
      assert.throws(() => first.prepare('select 1').all([]))
    },
  },
]
