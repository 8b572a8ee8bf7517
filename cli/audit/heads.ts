import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { decodeUtf8 } from '../../src/bytes/utf8.ts'
import { DistError } from '../../src/errors.ts'
import { systemReason } from '../system-error.ts'

/** The last event that was verified from this machine: a later log must still hold it, unchanged. */
const NotedHead = z.strictObject({
  seq: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** When it was verified, by the clock of this machine. */
  at: z.string(),
})
export type NotedHead = z.infer<typeof NotedHead>

/** `{"schema": 1, "heads": {"https://dist.example": {"seq": 12, "hash": "…", "at": "…"}}}` */
const HeadsFile = z.strictObject({ schema: z.literal(1), heads: z.record(z.string(), NotedHead) })
type HeadsFile = z.infer<typeof HeadsFile>

/** Where the heads are noted unless `--heads` says otherwise. */
export function defaultHeadsPath(env: Readonly<Record<string, string | undefined>>): string {
  const state = env.XDG_STATE_HOME
  // The specification of these folders says that a relative value is invalid and must be ignored.
  return join(
    state?.startsWith('/') ? state : join(env.HOME ?? homedir(), '.local', 'state'),
    'dist',
    'audit-heads.json',
  )
}

/**
 * The noted head of `server`, undefined when none was noted.
 * @throws DistError `file.unreadable` when the file exists and is not ours: ignoring it would forget what was verified
 */
export async function findHead(path: string, server: string): Promise<NotedHead | undefined> {
  return (await readHeads(path)).heads[server]
}

/** Notes `head` for `server`, readable for its owner only; the file is replaced as a whole or not at all. */
export async function noteHead(path: string, server: string, head: NotedHead): Promise<void> {
  const file = await readHeads(path)
  const next: HeadsFile = { schema: 1, heads: { ...file.heads, [server]: head } }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.part`
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(next, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await chmod(temporary, 0o600)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function readHeads(path: string): Promise<HeadsFile> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { schema: 1, heads: {} }
    throw new DistError('file.unreadable', `Cannot read the noted audit heads "${path}": ${systemReason(error)}`, {
      cause: error,
    })
  }
  try {
    return HeadsFile.parse(JSON.parse(decodeUtf8(bytes)))
  } catch (cause) {
    throw new DistError('file.unreadable', `Cannot read the noted audit heads "${path}": it is damaged`, {
      cause,
      hint: 'Restore the file, or remove it to start anew without the memory of what was verified',
    })
  }
}
