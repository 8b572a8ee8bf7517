import { open } from 'node:fs/promises'
import process from 'node:process'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import { DEFAULT_LIMITS } from '../../src/inspect/inspector.ts'
import { collect, forgetPeak, heldNow, peakSince } from './own-memory.ts'

/**
 * Inspects the files named on the command line, one after another, with `maxMs` of one second, and prints one line of
 * JSON for each: {@link Inspected}. A process of its own, so that its memory is that of the inspections.
 */
export interface Inspected {
  readonly format: string
  /** `error inspect.limit` */
  readonly codes: readonly string[]
  readonly bytesRead: number
  /** What the runtime's own inflater made: gzip, zlib and deflate. */
  readonly inflatedBytes: number
  /** Of the processor, on all threads: a machine that has other things to do does not add to it. */
  readonly cpuMs: number
  /** How far memory rose at most; null where the system does not tell. */
  readonly growthBytes: number | null
}

let inflatedBytes = 0
const Inflater = globalThis.DecompressionStream
globalThis.DecompressionStream = class {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly writable: WritableStream<BufferSource>
  constructor(format: CompressionFormat) {
    const { readable, writable } = new Inflater(format)
    const reader = readable.getReader()
    this.writable = writable
    // Piped through a stream that counts, Bun would unpack ahead of what is asked for.
    this.readable = new ReadableStream(
      {
        async pull(controller) {
          const { value } = await reader.read()
          if (value === undefined) return controller.close()
          inflatedBytes += value.byteLength
          controller.enqueue(value)
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    )
  }
}

for (const path of process.argv.slice(2)) {
  const handle = await open(path)
  const { size } = await handle.stat()
  let bytesRead = 0
  inflatedBytes = 0
  // How far an engine lets garbage grow depends on what came before.
  collect()
  const tells = forgetPeak()
  const before = tells ? heldNow() : 0
  const started = process.cpuUsage()
  const { inspection, checks } = await inspectArtifact(
    {
      sizeBytes: size,
      async read(offset, length) {
        bytesRead += length
        const bytes = new Uint8Array(length)
        for (let done = 0; done < length; )
          done += (await handle.read(bytes, done, length - done, offset + done)).bytesRead
        return bytes
      },
    },
    { ...DEFAULT_LIMITS, maxMs: 1000 },
  )
  const { user, system } = process.cpuUsage(started)
  const cpuMs = Math.round((user + system) / 1000)
  const growthBytes = tells ? peakSince(before) : null
  const codes = checks.map(({ level, code }) => `${level} ${code}`)
  process.stdout.write(
    `${JSON.stringify({ format: inspection.format, codes, bytesRead, inflatedBytes, cpuMs, growthBytes })}\n`,
  )
  await handle.close()
}
