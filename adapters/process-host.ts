import { writeSync } from 'node:fs'
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
