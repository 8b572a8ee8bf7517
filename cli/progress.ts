import { sizeText } from '../src/model/size.ts'
import type { Output } from './output.ts'
import { cutColumns, padColumns, printable } from './width.ts'

/** Redraws per second are bounded: a terminal over a slow line must not slow the upload down. Milliseconds. */
const REDRAW_MS = 100
/** Off a terminal a long transfer says now and then that it lives. Milliseconds. */
const PLAIN_MS = 15_000
/** The rate is of the last seconds, so that it follows the connection. Milliseconds. */
const WINDOW_MS = 5_000
/** Lines of files drawn at once; the total is always drawn. */
const MAX_LINES = 8

export type Stage = 'waiting' | 'reading' | 'uploading' | 'uploaded' | 'already there'

export interface FileState {
  readonly name: string
  readonly sizeBytes: number
  readonly stage: Stage
  /** Bytes of this stage that are done. */
  readonly doneBytes: number
}

/** Shows how reading and uploading go: lines that redraw on a terminal, a line per finished file elsewhere. */
export class Progress {
  readonly #output: Output
  readonly #now: () => number
  readonly #files: FileState[] = []
  readonly #samples: { atMs: number; bytes: number }[] = []
  #sentBytes = 0
  #drawnLines = 0
  #lastMs: number

  /** @param now monotonic milliseconds */
  constructor(output: Output, now: () => number = () => performance.now()) {
    this.#output = output
    this.#now = now
    this.#lastMs = now()
    output.onWords = () => this.#erase()
  }

  /** Adds a file and gives the function that reports on it. */
  file(name: string, sizeBytes: number): (stage: Stage, doneBytes?: number) => void {
    const index = this.#files.length
    this.#files.push({ name, sizeBytes, stage: 'waiting', doneBytes: 0 })
    return (stage, doneBytes = 0) => {
      const before = this.#files[index]!
      // After a cut an upload may continue further back: what is sent twice counts as sent.
      if (stage === 'uploading' && before.stage === 'uploading')
        this.#sentBytes += Math.max(0, doneBytes - before.doneBytes)
      this.#files[index] = { ...before, stage, doneBytes }
      const ended = stage === 'uploaded' || stage === 'already there'
      if (ended && !this.#output.stderr.isTTY) this.#output.note(`${stage}: ${name} (${sizeText(sizeBytes)})`)
      else this.#tick()
    }
  }

  /** Removes what was drawn. */
  end(): void {
    this.#erase()
    this.#output.onWords = undefined
  }

  #tick(): void {
    const now = this.#now()
    const { isTTY, columns } = this.#output.stderr
    if (now - this.#lastMs < (isTTY ? REDRAW_MS : PLAIN_MS)) return
    this.#lastMs = now
    this.#samples.push({ atMs: now, bytes: this.#sentBytes })
    while (this.#samples.length > 2 && this.#samples[1]!.atMs < now - WINDOW_MS) this.#samples.shift()
    const rate = bytesPerSecond(this.#samples)
    if (!isTTY) {
      this.#output.note(totalLine(this.#files, rate))
      return
    }
    const lines = progressLines(this.#files, rate, columns)
    this.#erase()
    this.#output.stderr.write(lines.map((line) => `${line}\n`).join(''))
    this.#drawnLines = lines.length
  }

  #erase(): void {
    // Up as many lines as were drawn, then clear to the end of the screen.
    if (this.#drawnLines > 0) this.#output.stderr.write(`\u001b[${this.#drawnLines}A\u001b[J`)
    this.#drawnLines = 0
  }
}

function bytesPerSecond(samples: readonly { atMs: number; bytes: number }[]): number {
  const [first] = samples
  const last = samples.at(-1)
  if (!first || !last || last.atMs <= first.atMs) return 0
  return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs)
}

/** A line for each file under way and one for all, none wider than the terminal. */
export function progressLines(files: readonly FileState[], rate: number, columns: number): string[] {
  const active = files.filter((file) => file.stage === 'reading' || file.stage === 'uploading').slice(0, MAX_LINES)
  const nameColumns = Math.max(8, Math.min(32, columns - 46))
  const lines = active.map((file) => {
    const name = padColumns(cutColumns(printable(file.name), nameColumns), nameColumns)
    const share = file.sizeBytes === 0 ? 1 : file.doneBytes / file.sizeBytes
    const percent = `${Math.floor(share * 100)}%`.padStart(4)
    return `${name}  ${file.stage.padEnd(9)} ${bar(share)} ${percent} of ${sizeText(file.sizeBytes)}`
  })
  return [...lines, totalLine(files, rate)].map((line) => cutColumns(line, columns - 1))
}

const BAR_COLUMNS = 16

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR_COLUMNS)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_COLUMNS - full)}]`
}

/** `3 of 7 files, 120 MiB of 1.4 GiB, 38 MiB/s, 34 s left`. */
export function totalLine(files: readonly FileState[], rate: number): string {
  let done = 0
  let doneBytes = 0
  let totalBytes = 0
  for (const file of files) {
    const ended = file.stage === 'uploaded' || file.stage === 'already there'
    if (ended) done++
    totalBytes += file.sizeBytes
    doneBytes += ended ? file.sizeBytes : file.stage === 'uploading' ? file.doneBytes : 0
  }
  const parts = [`${done} of ${files.length} files`, `${sizeText(doneBytes)} of ${sizeText(totalBytes)}`]
  if (rate >= 1) parts.push(`${sizeText(rate)}/s`, `${durationText((totalBytes - doneBytes) / rate)} left`)
  return parts.join(', ')
}

/** `34 s`, `2 min 5 s`, `3 h 12 min`. */
function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
