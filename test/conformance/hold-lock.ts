// Holds the lock of the path in argv until this process is killed, and says so.
import { lockDataFolder } from '../../adapters/fs/lock.ts'
import { runtimeName } from './runtime-name.ts'

const { openSqlite } = (await import(
  `../../adapters/${runtimeName}/sqlite.ts`
)) as typeof import('../../adapters/node/sqlite.ts')

lockDataFolder(process.argv[2]!, (path) => openSqlite(path, { readonly: false }))
console.log('locked')
setInterval(() => {}, 1000)
