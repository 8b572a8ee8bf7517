import { writeSync } from 'node:fs'
import process from 'node:process'
import type { Host } from './distd.ts'

/** This process as a host; output is written at once, so that nothing is lost when it ends. */
export const processHost: Omit<Host, 'entry'> = {
  argv: process.argv.slice(2),
  env: process.env,
  out: (text) => write(1, text),
  err: (text) => write(2, text),
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
      // A full pipe: try again. A closed one, or a full disk behind it: a log line is not worth the server.
      if (code !== 'EAGAIN') return
    }
  }
}
