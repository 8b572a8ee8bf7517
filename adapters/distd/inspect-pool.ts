import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { BlobInfo } from '../../src/blob/blob-store.ts'
import type { InspectBlob, Log } from '../../src/deps.ts'
import type { InspectionReport } from '../../src/model/inspection.ts'
import type { InspectAnswer } from './inspect-thread.ts'

export interface InspectPoolOptions {
  /** The module of the server, which inspects when it finds itself in a thread. */
  readonly entry: URL
  /** The data folder. */
  readonly root: string
  readonly log: Log
  /** Threads at most. */
  readonly threads?: number
  /** How long a thread without work stays, in milliseconds. */
  readonly idleMs?: number
  /** How long one file may take; default by its size. Milliseconds. */
  readonly limitMs?: (blob: BlobInfo) => number
}

export interface InspectPool {
  readonly inspect: InspectBlob
  close(): Promise<void>
}

/**
 * Larger files leave one thread to the others: a signature of gigabytes must not hold up everybody, and hashing several
 * files at once would take all processors from the downloads.
 */
const LARGE_BYTES = 8 << 20
/** Of the JavaScript heap, where the runtime has such a limit (Node). What is inflated is bounded by the readers. */
const MAX_HEAP_MB = 256
/** The readers end by themselves long before; this is for one that does not come to look at the clock. */
const LIMIT_MS = 30_000
/** Hashing a file for its signature, on a slow disk. */
const SLOW_BYTES_PER_MS = 10_000

interface Job {
  readonly blob: BlobInfo
  readonly asker: string | undefined
  readonly settle: { resolve(report: InspectionReport): void; reject(error: Error): void }
}

/** One file at a time: whatever becomes of the thread becomes of this file and of no other. */
interface Thread {
  readonly worker: Worker
  job: Job | undefined
  /** Ends the thread when it has nothing to do, or takes too long. */
  timer: ReturnType<typeof setTimeout> | undefined
  isLate: boolean
}

/**
 * Inspects stored files in threads of their own, so that hostile or huge ones cost the server neither its event loop nor
 * its life: a thread that runs out of memory or time is ended, and its file gets an `inspect.limit` of level `error`.
 * Askers take turns, and where there are several threads no asker has the last one: who sends many hostile files waits
 * for them alone.
 * Threads start with the first file and end when there was nothing to do for a while.
 */
export function createInspectPool(options: InspectPoolOptions): InspectPool {
  const { entry, root, log, idleMs = 30_000, limitMs = limitOf } = options
  const maxThreads = options.threads ?? Math.max(2, Math.min(availableParallelism() - 1, 4))
  /** Those that take jobs; one that is being ended is not among them. */
  const threads = new Set<Thread>()
  const ending = new Set<Promise<unknown>>()
  /** What each asker waits for, in order; who was served last comes last. */
  const waiting = new Map<string | undefined, Job[]>()
  let isClosed = false

  const end = (thread: Thread) => {
    clearTimeout(thread.timer)
    threads.delete(thread)
    const ended = thread.worker.terminate().finally(() => ending.delete(ended))
    ending.add(ended)
  }

  const pump = () => {
    for (let job = next(); job !== undefined; job = next()) {
      const thread =
        [...threads].find((one) => one.job === undefined) ?? (threads.size < maxThreads ? start() : undefined)
      if (thread === undefined) return
      const rest = waiting.get(job.asker)!.filter((other) => other !== job)
      waiting.delete(job.asker)
      if (rest.length > 0) waiting.set(job.asker, rest)
      run(thread, job)
    }
  }

  /** Askers take turns; a small file passes by a large one that waits, and among their own kind they stay in order. */
  const next = (): Job | undefined => {
    const running = [...threads].flatMap(({ job }) => job ?? [])
    const leavesOne = (alike: readonly Job[]) => alike.length === 0 || alike.length < maxThreads - 1
    const hasRoom = (job: Job) =>
      (!isLarge(job) || leavesOne(running.filter(isLarge))) &&
      (job.asker === undefined || leavesOne(running.filter(({ asker }) => asker === job.asker)))
    for (const jobs of waiting.values()) {
      const job = jobs.find(hasRoom)
      if (job !== undefined) return job
    }
    return undefined
  }

  const run = (thread: Thread, job: Job) => {
    clearTimeout(thread.timer)
    thread.job = job
    thread.worker.ref()
    thread.timer = setTimeout(() => {
      thread.isLate = true
      end(thread)
    }, limitMs(job.blob))
    thread.worker.postMessage(job.blob)
  }

  const rest = (thread: Thread) => {
    clearTimeout(thread.timer)
    thread.job = undefined
    thread.worker.unref()
    thread.timer = setTimeout(() => end(thread), idleMs)
    unref(thread.timer)
  }

  const start = (): Thread => {
    const worker = new Worker(entry, {
      workerData: { root },
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    const thread: Thread = { worker, job: undefined, timer: undefined, isLate: false }
    threads.add(thread)
    worker.on('message', (answer: InspectAnswer) => {
      const { job } = thread
      // One that is being ended may still speak.
      if (job === undefined || thread.isLate) return
      rest(thread)
      if ('report' in answer) job.settle.resolve(answer.report)
      else job.settle.reject(new Error(answer.failure))
      pump()
    })
    let cause = 'it ended'
    worker.on('error', (error: Error) => {
      cause = error.message
    })
    worker.on('exit', () => {
      clearTimeout(thread.timer)
      threads.delete(thread)
      if (thread.job !== undefined) settleEnded(thread.job, thread.isLate, cause)
      if (!isClosed) pump()
    })
    return thread
  }

  const settleEnded = (job: Job, isLate: boolean, cause: string) => {
    if (isClosed) {
      job.settle.reject(stopping())
      return
    }
    log('warn', 'an inspection was ended', { digest: job.blob.digest, cause: isLate ? 'it took too long' : cause })
    job.settle.resolve(endedReport(isLate))
  }

  return {
    inspect(blob, asker) {
      if (isClosed) return Promise.reject(stopping())
      return new Promise((resolve, reject) => {
        const jobs = waiting.get(asker) ?? []
        waiting.set(asker, jobs)
        jobs.push({ blob, asker, settle: { resolve, reject } })
        pump()
      })
    },
    async close() {
      isClosed = true
      for (const job of [...waiting.values()].flat()) job.settle.reject(stopping())
      waiting.clear()
      for (const thread of threads) end(thread)
      await Promise.all(ending)
    },
  }
}

function stopping(): Error {
  return new Error('Cannot inspect: the server stops')
}

function isLarge({ blob }: Job): boolean {
  return blob.sizeBytes > LARGE_BYTES
}

function limitOf({ sizeBytes }: BlobInfo): number {
  return LIMIT_MS + sizeBytes / SLOW_BYTES_PER_MS
}

function endedReport(isLate: boolean): InspectionReport {
  const message = isLate
    ? 'Reading the file takes more time than it may'
    : 'Reading the file ended its reader, as a lack of memory does'
  return {
    inspection: { format: 'file', install: 'file' },
    checks: [{ code: 'inspect.limit', level: 'error', message }],
  }
}

function unref(timer: ReturnType<typeof setTimeout>): void {
  // Of Node's kind in all three runtimes; its type depends on which types are loaded.
  ;(timer as { unref?: () => void }).unref?.()
}
