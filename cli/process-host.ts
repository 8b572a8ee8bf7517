import { DistError } from '../src/errors.ts'
import type { Host } from './command.ts'
import type { Sink } from './output.ts'

interface ProcessStream {
  write(chunk: string | Uint8Array, done: () => void): boolean
  on(event: 'error', listener: (error: Error & { code?: string }) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/**
 * The host of a real process. The first Ctrl-C (or SIGTERM) fires the signal, so that the command can end in order;
 * the second ends the process at once.
 */
export function processHost(): Host & { flush(): Promise<void> } {
  const interrupt = new AbortController()
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(130)
    interrupt.abort(new DistError('interrupted'))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  const pending = new Set<Promise<void>>()
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: sink(process.stdout, pending),
    stderr: sink(process.stderr, pending),
    signal: interrupt.signal,
    async flush() {
      await Promise.all(pending)
    },
  }
}

function sink(stream: ProcessStream, pending: Set<Promise<void>>): Sink {
  let closed = false
  stream.on('error', (error) => {
    // The reader went away (`dist … | head`): nobody is left to read, which is no failure of ours.
    if (error.code !== 'EPIPE') throw error
    closed = true
  })
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80
    },
    write(chunk) {
      if (closed) return
      const written = new Promise<void>((resolve) => stream.write(chunk, () => resolve()))
      pending.add(written)
      void written.then(() => pending.delete(written))
    },
  }
}
