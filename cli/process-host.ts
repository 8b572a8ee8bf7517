import { DistError } from '../src/errors.ts'
import type { Host } from './command.ts'
import type { Sink } from './output.ts'
import { systemCode, systemReason } from './system-error.ts'

interface ProcessStream {
  write(chunk: string | Uint8Array, done: (error?: Error | null) => void): boolean
  on(event: 'error', listener: (error: Error) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

interface ProcessSink extends Sink {
  /** Resolves when nothing is on its way anymore. */
  settle(): Promise<void>
  flush(): Promise<void>
}

/**
 * The host of a real process. The first Ctrl-C (or SIGTERM) fires the signal, so that the command can end in order;
 * the second ends the process at once.
 */
export function processHost(): Host & { settle(): Promise<void> } {
  const interrupt = new AbortController()
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(130)
    interrupt.abort(new DistError('interrupted'))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  const stdout = processSink(process.stdout)
  const stderr = processSink(process.stderr)
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout,
    stderr,
    signal: interrupt.signal,
    async settle() {
      await Promise.all([stdout.settle(), stderr.settle()])
    },
  }
}

/** A stream of this process as a sink. */
export function processSink(stream: ProcessStream): ProcessSink {
  const pending = new Set<Promise<void>>()
  let isClosed = false
  let failure: unknown
  const fail = (error: unknown) => {
    // The reader went away (`dist … | head`): nobody is left to read, which is no failure of ours.
    if (systemCode(error) === 'EPIPE') isClosed = true
    else failure ??= error
  }
  stream.on('error', fail)
  const settle = async () => void (await Promise.all(pending))
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80
    },
    write(chunk) {
      if (isClosed || failure !== undefined) return
      const written = new Promise<void>((resolve) => {
        const done = (error?: unknown) => {
          if (error) fail(error)
          resolve()
        }
        // Deno throws what the other runtimes tell the callback.
        try {
          stream.write(chunk, done)
        } catch (error) {
          done(error)
        }
      })
      pending.add(written)
      void written.then(() => pending.delete(written))
    },
    settle,
    async flush() {
      await settle()
      if (failure === undefined) return
      throw new DistError('output.unwritable', `Cannot write the output: ${systemReason(failure)}`, { cause: failure })
    },
  }
}
