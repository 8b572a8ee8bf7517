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
  /** Threads at most; one processor is left to the downloads. */
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

/** Reading small files waits for the disk most of the time; a signature of gigabytes must not hold up the others. */
const JOBS_PER_THREAD = 4
/** Larger ones go one by one in a thread: hashing several at once takes all processors from the downloads. */
const LARGE_BYTES = 8 << 20
/** Of the JavaScript heap, where the runtime has such a limit (Node). What is inflated is bounded by the readers. */
const MAX_HEAP_MB = 256
/** The readers end by themselves long before; this is for one that does not come to look at the clock. */
const LIMIT_MS = 30_000
/** Hashing a file for its signature, on a slow disk. */
const SLOW_BYTES_PER_MS = 10_000

interface Job {
  readonly id: number
  readonly blob: BlobInfo
  readonly settle: { resolve(report: InspectionReport): void; reject(error: Error): void }
  /** A thread died with this and other jobs: it runs again with none beside it, so that the guilty one is known. */
  isSuspect: boolean
}

interface Thread {
  readonly worker: Worker
  readonly jobs: Map<number, { readonly job: Job; readonly timer: ReturnType<typeof setTimeout> }>
  /** Who made it end, when it was the clock. */
  late: Job | undefined
  idle: ReturnType<typeof setTimeout> | undefined
}

/**
 * Inspects stored files in threads of their own, so that hostile or huge ones cost the server neither its event loop nor
 * its life: a thread that runs out of memory or time is ended, and the file gets an `inspect.limit` of level `error`.
 * Threads start with the first file and end when there was nothing to do for a while.
 */
export function createInspectPool(options: InspectPoolOptions): InspectPool {
  const { entry, root, log, idleMs = 30_000, limitMs = limitOf } = options
  const maxThreads = options.threads ?? Math.max(1, Math.min(availableParallelism() - 1, 4))
  const threads = new Set<Thread>()
  const queue: Job[] = []
  let lastId = 0
  let isClosed = false

  const freeThread = (job: Job): Thread | undefined => {
    for (const thread of threads) {
      const beside = [...thread.jobs.values()]
      const isFree = job.isSuspect
        ? beside.length === 0
        : beside.length < JOBS_PER_THREAD &&
          !beside.some((other) => other.job.isSuspect || (isLarge(job) && isLarge(other.job)))
      if (isFree) return thread
    }
    return threads.size < maxThreads ? startThread() : undefined
  }

  const pump = () => {
    // A small file passes by a large one that waits; among their own kind they stay in order.
    for (const job of [...queue]) {
      const thread = freeThread(job)
      if (thread === undefined) continue
      queue.splice(queue.indexOf(job), 1)
      run(thread, job)
    }
  }

  const run = (thread: Thread, job: Job) => {
    clearTimeout(thread.idle)
    thread.worker.ref()
    const timer = setTimeout(() => {
      thread.late ??= job
      void thread.worker.terminate()
    }, limitMs(job.blob))
    thread.jobs.set(job.id, { job, timer })
    thread.worker.postMessage({ id: job.id, blob: job.blob })
  }

  const rest = (thread: Thread) => {
    if (thread.jobs.size > 0) return
    thread.worker.unref()
    clearTimeout(thread.idle)
    thread.idle = setTimeout(() => void thread.worker.terminate(), idleMs)
    unref(thread.idle)
  }

  const startThread = (): Thread => {
    const worker = new Worker(entry, {
      workerData: { root },
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    const thread: Thread = { worker, jobs: new Map(), late: undefined, idle: undefined }
    threads.add(thread)
    worker.on('message', (answer: InspectAnswer) => {
      const found = thread.jobs.get(answer.id)
      if (found === undefined) return
      thread.jobs.delete(answer.id)
      clearTimeout(found.timer)
      if ('report' in answer) found.job.settle.resolve(answer.report)
      else found.job.settle.reject(new Error(answer.failure))
      rest(thread)
      pump()
    })
    let cause = 'it ended'
    worker.on('error', (error: Error) => {
      cause = error.message
    })
    worker.on('exit', () => bury(thread, cause))
    return thread
  }

  /** Finds out which job a thread died of. */
  const bury = (thread: Thread, cause: string) => {
    threads.delete(thread)
    clearTimeout(thread.idle)
    const jobs = [...thread.jobs.values()].map(({ job, timer }) => {
      clearTimeout(timer)
      return job
    })
    if (isClosed) {
      for (const job of jobs) job.settle.reject(new Error('Cannot inspect: the server stops'))
      return
    }
    for (const job of jobs) {
      const isGuilty = thread.late === undefined ? jobs.length === 1 : thread.late === job
      if (isGuilty) {
        log('warn', 'an inspection was ended', {
          digest: job.blob.digest,
          cause: thread.late ? 'it took too long' : cause,
        })
        job.settle.resolve(ended(thread.late !== undefined))
      } else {
        job.isSuspect ||= thread.late === undefined
        queue.unshift(job)
      }
    }
    pump()
  }

  return {
    inspect(blob) {
      if (isClosed) return Promise.reject(new Error('Cannot inspect: the server stops'))
      return new Promise((resolve, reject) => {
        queue.push({ id: ++lastId, blob, settle: { resolve, reject }, isSuspect: false })
        pump()
      })
    },
    async close() {
      isClosed = true
      for (const job of queue.splice(0)) job.settle.reject(new Error('Cannot inspect: the server stops'))
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}

function isLarge({ blob }: Job): boolean {
  return blob.sizeBytes > LARGE_BYTES
}

function limitOf({ sizeBytes }: BlobInfo): number {
  return LIMIT_MS + sizeBytes / SLOW_BYTES_PER_MS
}

function ended(isLate: boolean): InspectionReport {
  const message = `Reading the file takes more ${isLate ? 'time' : 'memory'} than it may`
  return {
    inspection: { format: 'file', install: 'file' },
    checks: [{ code: 'inspect.limit', level: 'error', message }],
  }
}

function unref(timer: ReturnType<typeof setTimeout>): void {
  // Of Node's kind in all three runtimes; its type depends on which types are loaded.
  ;(timer as { unref?: () => void }).unref?.()
}
