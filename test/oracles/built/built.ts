import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ORACLES_FOLDER } from '../sample-list.ts'

/** A sample that was built here with tools of Debian, because none made by others can be had. */
export interface Built {
  readonly name: string
  readonly file: string
}

/**
 * The files that `build` leaves in its folder under a name without a leading `_`, kept until the builder changes.
 * @param builder `import.meta.url` of the module that holds `build`
 */
export async function built(builder: string, build: (folder: string) => Promise<void>): Promise<readonly Built[]> {
  const source = fileURLToPath(builder)
  const kind = /([^/\\]+)\.ts$/.exec(source)?.[1] ?? 'other'
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12)
  const all = join(ORACLES_FOLDER, 'built')
  const folder = join(all, `${kind}-${version}`)
  if (!existsSync(folder)) {
    mkdirSync(all, { recursive: true })
    for (const old of readdirSync(all))
      if (old.startsWith(`${kind}-`)) rmSync(join(all, old), { recursive: true, force: true })
    const unfinished = join(all, `${kind}-unfinished`)
    mkdirSync(unfinished)
    await build(unfinished)
    renameSync(unfinished, folder)
  }
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('_'))
    .map((entry) => ({ name: `built ${entry.name}`, file: join(folder, entry.name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
