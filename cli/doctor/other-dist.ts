import { createReadStream } from 'node:fs'
import { access, constants, realpath, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/**
 * Programs called `dist` on the search path, in its order, without those that are the same file.
 * @param path value of PATH; its empty entries (the working folder) are left out
 */
export async function distsOnPath(path: string): Promise<string[]> {
  const found = new Map<string, string>()
  for (const folder of path.split(delimiter).filter((entry) => entry !== '')) {
    for (const name of process.platform === 'win32' ? ['dist.exe', 'dist.cmd'] : ['dist']) {
      const file = join(folder, name)
      try {
        if (!(await stat(file)).isFile()) continue
        await access(file, constants.X_OK)
        const real = await realpath(file)
        if (!found.has(real)) found.set(real, file)
      } catch (error) {
        // Absent, or not for us to run: the shell passes it over too.
        if (!(error instanceof Error && 'code' in error)) throw error
      }
    }
  }
  return [...found.values()]
}

/** A name that every build of ours holds, as text of its source; cargo-dist's variables are called CARGO_DIST_…. */
const OURS = 'DIST_SERVER'
const THEIRS = 'cargo-dist'
/** Compiled programs are about 100 MiB; a larger file is looked at up to here. */
const MAX_BYTES = 512 << 20

/** What a `dist` is, by what its bytes say, without running it. @throws the error of the file system */
export async function kindOfDist(file: string): Promise<'ours' | 'cargo-dist' | 'unknown'> {
  let theirs = false
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(file, { end: MAX_BYTES - 1, highWaterMark: 1 << 20 })) {
    // A marker may lie across two chunks.
    const bytes: Buffer = Buffer.concat([rest, chunk])
    // Ours is asked for first: this very file names the other.
    if (bytes.includes(OURS)) return 'ours'
    theirs ||= bytes.includes(THEIRS)
    rest = Buffer.from(bytes.subarray(-OURS.length))
  }
  return theirs ? 'cargo-dist' : 'unknown'
}
