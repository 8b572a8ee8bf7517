import { readFileSync, writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Memory of this process as Linux tells it (proc(5)). */

/** Lets Linux forget the highest mark; false where a process may not, and where there is no Linux. */
export function forgetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
    return true
  } catch {
    return false
  }
}

/** Bytes held now. */
export function heldNow(): number {
  return bytesOf('VmRSS')
}

/** How far memory rose above `before` at most since {@link forgetPeak}, in bytes. */
export function peakSince(before: number): number {
  return bytesOf('VmHWM') - before
}

function bytesOf(name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'latin1'))
  return Number(found?.[1]) * 1024
}

/** Asks the engine to give back what nobody holds, so that what is measured is held. */
export const collect: () => void = (() => {
  const bun: unknown = Reflect.get(globalThis, 'Bun')
  if (typeof bun === 'object' && bun !== null) {
    const gc: unknown = Reflect.get(bun, 'gc')
    if (typeof gc === 'function') return () => gc(true)
  }
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
})()
