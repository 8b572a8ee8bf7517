import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Digest, reprDigest } from '../../src/bytes/digest.ts'
import { DistError } from '../../src/errors.ts'
import { systemCode } from '../system-error.ts'
import { unwritable } from '../target-file.ts'

/** What is wanted, from the API; the bytes are believed only when they have this size and digest. */
export interface Wanted {
  readonly sizeBytes: number
  readonly digest: Digest
  /**
   * Asks for the bytes with these extra headers and gives the response of a success unread.
   * @throws DistError for every refusal, and when the server stays out of reach
   */
  open(headers: Readonly<Record<string, string>>): Promise<Response>
}

export interface SaveOptions {
  /** Replace a file that is there and has other bytes. */
  readonly force: boolean
  /** Attempts in a row that bring no byte before it gives up. */
  readonly retries: number
  readonly signal: AbortSignal
  digestFile(path: string): Promise<Digest>
  /** Waits before the connection is made again; 0 after the first cut. */
  pause(attempt: number): Promise<void>
  /** Bytes on disk so far; called often. */
  onProgress?(doneBytes: number): void
}

export interface Saved {
  /** False when the file was there already with these very bytes. */
  readonly written: boolean
  /** Bytes that an earlier, interrupted run had left and that were not fetched again. */
  readonly resumedBytes: number
}

/** A connection that brings nothing for this long is cut and taken up again. */
const STALL_MS = 60_000

/**
 * Brings bytes to `path`, which appears complete and verified or not at all.
 *
 * The bytes grow in `<path>.part`, which survives an interruption and is continued with `Range` and `If-Range`. When
 * all have arrived, the file itself is read again and hashed, so that what is verified is what is on disk, whoever
 * else wrote to it; then it is flushed and put in place.
 *
 * @throws DistError `file.exists` (other bytes are there and `force` is off), `verify.failed` (the part is removed),
 * `server.unreachable` (the part is kept), `usage.invalid` or `output.unwritable` (there can be no such file), or what
 * `open` throws
 */
export async function saveVerified(path: string, wanted: Wanted, options: SaveOptions): Promise<Saved> {
  try {
    return await save(path, wanted, options)
  } catch (error) {
    throw unwritable(path, error)
  }
}

async function save(path: string, wanted: Wanted, options: SaveOptions): Promise<Saved> {
  if (await exists(path)) {
    if ((await stat(path)).size === wanted.sizeBytes && (await options.digestFile(path)) === wanted.digest) {
      return { written: false, resumedBytes: 0 }
    }
    if (!options.force) throw new DistError('file.exists', `Cannot write "${path}": a file with other bytes is there`)
  }
  const part = `${path}.part`
  let resumedBytes = await fetchInto(part, wanted, options)
  let actual = await options.digestFile(part)
  if (actual !== wanted.digest && resumedBytes > 0) {
    // The part may have been begun for other bytes, e.g. before the channel moved: once more from the start.
    await rm(part, { force: true })
    resumedBytes = await fetchInto(part, wanted, options)
    actual = await options.digestFile(part)
  }
  if (actual !== wanted.digest) {
    await rm(part, { force: true })
    throw new DistError('verify.failed', `Cannot keep "${path}": the bytes that arrived have another digest`, {
      details: { expected: wanted.digest, actual },
      hint: 'The server or something between damaged the bytes; nothing was kept',
    })
  }
  await place(part, path, options.force)
  return { written: true, resumedBytes }
}

/** Grows `part` to its full size. @returns the bytes that were there before */
async function fetchInto(part: string, wanted: Wanted, options: SaveOptions): Promise<number> {
  const file = await open(part, (await exists(part)) ? 'r+' : 'wx', 0o644)
  try {
    let offset = (await file.stat()).size
    if (offset > wanted.sizeBytes) offset = 0
    const resumed = offset
    let idle = 0
    options.onProgress?.(offset)
    while (offset < wanted.sizeBytes) {
      options.signal.throwIfAborted()
      const before = offset
      const end = await fetchOnce(file, offset, wanted, options)
      offset = end.offset
      if (offset >= wanted.sizeBytes) break
      idle = offset > before ? 0 : idle + 1
      if (idle > options.retries) throw brokenOff(end.cause)
      options.signal.throwIfAborted()
      await options.pause(idle)
    }
    await file.truncate(wanted.sizeBytes)
    await file.sync()
    return resumed
  } finally {
    await file.close()
  }
}

/** One request. @returns the new offset, and why the body ended there if it broke */
async function fetchOnce(
  file: FileHandle,
  from: number,
  wanted: Wanted,
  options: SaveOptions,
): Promise<{ offset: number; cause?: unknown }> {
  const etag = `"${wanted.digest.replace(':', '-')}"`
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (from > 0) Object.assign(headers, { range: `bytes=${from}-`, 'if-range': etag })
  const response = await wanted.open(headers)
  const reader = response.body?.getReader()
  try {
    let offset = startOf(response, from, wanted)
    const promised = response.headers.get('repr-digest')
    if (promised !== null && !promised.split(/\s*,\s*/).includes(reprDigest(wanted.digest))) {
      throw new DistError('verify.failed', 'Cannot download: the server announces other bytes than the release has', {
        details: { expected: reprDigest(wanted.digest), actual: promised },
      })
    }
    if (offset < from) await file.truncate(0)
    for (;;) {
      let chunk: Uint8Array | undefined
      try {
        chunk = reader && (await readOrStall(reader))
      } catch (cause) {
        return { offset, cause }
      }
      if (chunk === undefined) return { offset }
      if (offset + chunk.byteLength > wanted.sizeBytes) {
        throw new DistError('verify.failed', 'Cannot download: more bytes arrive than the release has', {
          details: { expectedBytes: wanted.sizeBytes },
        })
      }
      await writeAll(file, chunk, offset)
      offset += chunk.byteLength
      options.onProgress?.(offset)
    }
  } finally {
    // Frees the connection when we stop before the end; fails when the body is broken, which is told elsewhere.
    await reader?.cancel().catch(() => {})
  }
}

/** The next bytes; undefined at the end, or when nothing came for {@link STALL_MS}. */
async function readOrStall(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const stall = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), STALL_MS)
  })
  try {
    return (await Promise.race([reader.read(), stall]))?.value
  } finally {
    clearTimeout(timer)
  }
}

/** Offset of the first byte of the body. @throws DistError `server.nonsense` */
function startOf(response: Response, asked: number, wanted: Wanted): number {
  if (response.status === 200) return 0
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  if (
    response.status !== 206 ||
    range === null ||
    Number(range[1]) !== asked ||
    Number(range[3]) !== wanted.sizeBytes
  ) {
    throw new DistError('server.nonsense', 'Cannot continue the download: the server answers with another range', {
      details: { asked: `bytes ${asked}-/${wanted.sizeBytes}`, answered: response.headers.get('content-range') },
    })
  }
  return asked
}

async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    done += (await file.write(chunk, done, chunk.byteLength - done, position + done)).bytesWritten
  }
}

/** Without `force` the name is claimed atomically: a file that appeared in the meantime stays. */
async function place(part: string, path: string, force: boolean): Promise<void> {
  if (force) {
    await rename(part, path)
  } else {
    try {
      await link(part, path)
      await rm(part)
    } catch (error) {
      if (systemCode(error) === 'EEXIST') {
        throw new DistError('file.exists', `Cannot write "${path}": a file appeared there`, { cause: error })
      }
      // File systems without hard links (FAT, some network shares).
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(systemCode(error) ?? '')) throw error
      if (await exists(path)) throw new DistError('file.exists', `Cannot write "${path}": a file appeared there`)
      await rename(part, path)
    }
  }
  // Windows cannot open a folder; there the rename is durable by itself.
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

function brokenOff(cause: unknown): DistError {
  return new DistError('server.unreachable', 'Cannot finish the download: the connection broke again and again', {
    cause,
    hint: 'Run the command again: it continues where it stopped',
  })
}
