import { close, open, read } from 'node:fs'
import type { ServerResponse } from 'node:http'

/** Bytes of a file, as adapters/fs registers them for a body. */
export interface FileRange {
  readonly path: string
  readonly offset: number
  readonly length: number
}

/** One read. 64 KiB halves the throughput; beyond 1 MiB nothing is gained. */
const READ_BYTES = 1024 * 1024
const MIN_READ_BYTES = 64 * 1024

/** Read buffers of all responses under way together, roughly; many slow readers get smaller ones. */
const TOTAL_BYTES = 32 * 1024 * 1024

/** Buffers of READ_BYTES kept for the next response: fresh pages cost more than the copy into them. */
const spare: Buffer[] = []
const MAX_SPARE = 8

let sending = 0

function takeBuffer(length: number): Buffer {
  const share = Math.floor(TOTAL_BYTES / (2 * sending))
  if (length >= READ_BYTES && share >= READ_BYTES) return spare.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES)
  return Buffer.allocUnsafeSlow(Math.min(length, Math.max(MIN_READ_BYTES, Math.min(share, READ_BYTES))))
}

function giveBack(buffer: Buffer | undefined): void {
  if (buffer?.length === READ_BYTES && spare.length < MAX_SPARE) spare.push(buffer)
}

/**
 * Sends the bytes of a file as the body of `outgoing`, past web streams: two buffers, one being read while the other
 * is written, so that memory stays bounded however slow the reader is. The file is closed when the reader leaves.
 *
 * A file that turns out shorter than announced ends the connection, so that the client cannot take it for complete.
 * @param writeHead called once, after the file could be opened
 * @throws the error of opening or reading; before `writeHead` when nothing was sent
 */
export async function sendFile(outgoing: ServerResponse, range: FileRange, writeHead: () => void): Promise<void> {
  const descriptor = await openFile(range.path)
  sending += 1
  let reading: Buffer | undefined
  let writing: Buffer | undefined
  try {
    writeHead()
    let position = range.offset
    let left = range.length
    let written: Promise<boolean> = Promise.resolve(true)
    while (left > 0) {
      reading ??= takeBuffer(left)
      const count = await readInto(descriptor, reading, Math.min(reading.length, left), position)
      if (!(await written)) return
      if (count === 0) {
        outgoing.destroy(new RangeError(`Cannot send "${range.path}": it ended ${left} bytes early`))
        return
      }
      position += count
      left -= count
      written = writeAll(outgoing, count === reading.length ? reading : reading.subarray(0, count))
      const free: Buffer | undefined = writing
      writing = reading
      reading = free
    }
    if (await written) outgoing.end()
  } finally {
    sending -= 1
    giveBack(reading)
    giveBack(writing)
    await closeFile(descriptor)
  }
}

/** True when the bytes left for the kernel, false when the connection is gone; either way the buffer is free again. */
function writeAll(outgoing: ServerResponse, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    if (outgoing.destroyed) {
      resolve(false)
      return
    }
    const gone = () => resolve(false)
    outgoing.once('close', gone)
    outgoing.write(bytes, (error) => {
      outgoing.off('close', gone)
      resolve(error == null)
    })
  })
}

function openFile(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, descriptor) => (error === null ? resolve(descriptor) : reject(error)))
  })
}

function readInto(descriptor: number, buffer: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, length, position, (error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

function closeFile(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    close(descriptor, (error) => (error == null ? resolve() : reject(error)))
  })
}
