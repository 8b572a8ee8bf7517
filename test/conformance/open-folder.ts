// Opens the data folder whose path is in argv.
import { openDataFolder } from '../../adapters/fs/data-folder.ts'

await openDataFolder(process.argv[2]!)
