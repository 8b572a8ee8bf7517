import { readSync, writeSync } from 'node:fs'
import process from 'node:process'
import { isatty } from 'node:tty'
import type { Host } from './distd.ts'
import { outputError } from './output-error.ts'

/** This process as a host; output is written at once, so that nothing is lost when it ends. */
export const processHost: Omit<Host, 'entry'> = {
  argv: process.argv.slice(2),
  env: process.env,
  out: (text) => write(1, text),
  err(text) {
    try {
      write(2, text)
    } catch {
      // Nobody is left who could be told.
    }
  },
  isTerminal: isatty(2),
  readLine,
  onStop(stop) {
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  },
}

function write(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.byteLength; ) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      const { code } = error as { code?: string }
      // The reader went away, and wanted no more.
      if (code === 'EPIPE') return
      // A full pipe: try again.
      if (code !== 'EAGAIN') throw outputError(error)
    }
  }
}

const NEWLINE = 10
const EMPTY_PIPE_MS = 10

/** Nothing else is to be done meanwhile: it may wait. */
function readLine(maxBytes: number): Uint8Array | undefined {
  const bytes = new Uint8Array(maxBytes + 1)
  for (let length = 0; ; ) {
    const read = readSome(bytes.subarray(length))
    const end = bytes.subarray(0, length + read).indexOf(NEWLINE)
    if (end !== -1) return bytes.slice(0, end)
    length += read
    if (length > maxBytes) return undefined
    if (read === 0) return bytes.slice(0, length)
  }
}

/** @returns bytes read from stdin, 0 at its end */
function readSome(into: Uint8Array): number {
  for (;;) {
    try {
      return readSync(0, into)
    } catch (error) {
      const { code } = error as { code?: string }
      // What Windows says of a pipe at its end.
      if (code === 'EOF') return 0
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EMPTY_PIPE_MS)
    }
  }
}
