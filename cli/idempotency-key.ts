import { digestOf } from '../src/bytes/digest.ts'

/** An Idempotency-Key that every run which wants the same has: 64 hexadecimal digits. @param wanted JSON, compared as text */
export function idempotencyKeyFor(wanted: readonly unknown[]): string {
  return digestOf(new TextEncoder().encode(JSON.stringify(wanted))).slice('sha256:'.length)
}
