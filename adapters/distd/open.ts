import { existsSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { inspectStored } from '../../src/artifacts/inspect-stored.ts'
import { shareInspections } from '../../src/artifacts/inspections.ts'
import { LAYOUT } from '../../src/blob/layout.ts'
import type { Config } from '../../src/config.ts'
import type { Deps, Log } from '../../src/deps.ts'
import { openStore, type Store } from '../../src/store/open.ts'
import { createFsBlobStore } from '../fs/blob-store.ts'
import { openDataFolder } from '../fs/data-folder.ts'
import { freeSpace } from '../fs/free-space.ts'
import { DataFolderLockedError, lockDataFolder } from '../fs/lock.ts'
import { makeSigningKey, readSigningKey } from '../fs/signing-key.ts'
import { createFsStaging } from '../fs/staging.ts'
import { nativeScrypt } from '../native-scrypt.ts'
import type { Runtime } from '../runtime.ts'
import { systemClock, systemRandom } from './clock.ts'
import { createInspectPool, type InspectPool } from './inspect-pool.ts'
import { UsageError } from './settings.ts'

export interface Opened {
  readonly deps: Deps
  readonly wasCleanlyClosed: boolean
  /** @param isClean false after a failed start */
  close(isClean?: boolean): Promise<void>
}

function connector(runtime: Runtime, root: string) {
  const path = join(root, LAYOUT.database)
  return (mode: 'write' | 'read') => runtime.openSqlite(path, { readonly: mode === 'read' })
}

/** After the sockets that are ready were read. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** @param pool the threads that inspect; without them, whoever asks inspects */
function makeDeps(
  runtime: Runtime,
  config: Config,
  log: Log,
  store: Deps['store'],
  signingKey: Uint8Array,
  pool?: InspectPool,
): Deps {
  const root = resolve(config.data)
  const blobs = createFsBlobStore({
    root,
    blobBody: runtime.blobBody,
    hold: runtime.hold,
    createHasher: runtime.createHasher,
  })
  const staging = createFsStaging({ root, blobs, createHasher: runtime.createHasher })
  return {
    store,
    blobs,
    staging,
    clock: systemClock,
    random: systemRandom,
    createHasher: runtime.createHasher,
    scrypt: nativeScrypt,
    signingKey,
    inspect: pool === undefined ? inspectStored({ blobs }) : shareInspections(pool.inspect, systemClock),
    log,
    config,
    freeBytes: () => freeSpace(root),
    checkStorage: () => checkStorage(root),
  }
}

/** Writes, flushes and removes a file where uploads go. */
async function checkStorage(root: string): Promise<void> {
  // Below trash, where nothing is ever taken for an upload.
  const path = join(root, LAYOUT.trash, '.probe')
  const file = await open(path, 'w', 0o600)
  try {
    await file.write('probe')
    await file.sync()
  } finally {
    await file.close()
  }
  await rm(path, { force: true })
}

/**
 * Opens the data folder as its one server: makes what is missing, takes the lock, migrates.
 * @param entry the module to start threads with; without it, whoever asks for an inspection inspects
 * @throws DataFolderLockedError, DataFolderError
 */
export async function openAsServer(runtime: Runtime, config: Config, log: Log, entry?: URL): Promise<Opened> {
  const root = resolve(config.data)
  await openDataFolder(root)
  const lock = lockDataFolder(join(root, LAYOUT.lock), (path) => runtime.openSqlite(path, { readonly: false }))
  let store: Store | undefined
  try {
    const isNew = !existsSync(join(root, LAYOUT.database))
    const found = await readSigningKey(root)
    if (found?.isExposed === true) log('warn', `others may read ${LAYOUT.signingKey}: its mode should be 0600`)
    const opened = await openStore({ connect: connector(runtime, root), isServer: true, nextTurn })
    store = opened
    // After the database: a folder with a key is one that this version can work on.
    const { key } = found ?? (await makeSigningKey(root))
    // A folder of an older version, or one that was restored without this file.
    if (!found && !isNew) log('warn', `${LAYOUT.signingKey} was made anew: share links from before it do not open`)
    const pool = entry && createInspectPool({ entry, root, log })
    return {
      deps: makeDeps(runtime, config, log, opened, key, pool),
      wasCleanlyClosed: opened.wasCleanlyClosed,
      async close(isClean) {
        await pool?.close()
        await opened.close(isClean)
        lock.release()
      },
    }
  } catch (error) {
    await store?.close(false)
    lock.release()
    throw error
  }
}

/** A server that starts has its folder laid out within this time. Milliseconds. */
const LAID_OUT_MS = 5000

/** Lays out a folder as the server of this version does, or waits for the server that is doing it. */
async function layOut(runtime: Runtime, config: Config, log: Log, isLaidOut: () => boolean): Promise<void> {
  try {
    const opened = await openAsServer(runtime, config, log)
    // What the last server left to recover is left to the next one.
    await opened.close(opened.wasCleanlyClosed)
  } catch (error) {
    if (!(error instanceof DataFolderLockedError)) throw error
    for (const start = performance.now(); !isLaidOut(); await systemClock.sleep(20)) {
      if (performance.now() - start > LAID_OUT_MS) throw error
    }
  }
}

/**
 * Opens the data folder for a short command, beside a running server or without one; a folder that this version never
 * used is made ready first, where `create` says so. @throws UsageError when there is nothing to open
 */
export async function openBeside(runtime: Runtime, config: Config, log: Log, create: boolean): Promise<Opened> {
  const root = resolve(config.data)
  const hasDatabase = () => existsSync(join(root, LAYOUT.database))
  const isLaidOut = () => hasDatabase() && existsSync(join(root, LAYOUT.signingKey))
  if (!hasDatabase() && !create) throw new UsageError(`Cannot open ${root}: it holds no database`)
  if (!isLaidOut() && create) await layOut(runtime, config, log, isLaidOut)
  const signingKey = (await readSigningKey(root))?.key
  const store = await openStore({ connect: connector(runtime, root), isServer: false, nextTurn })
  return {
    // Commands that make nothing sign nothing: any key does.
    deps: makeDeps(runtime, config, log, store, signingKey ?? systemRandom(32)),
    wasCleanlyClosed: true,
    close: (isClean) => store.close(isClean),
  }
}
