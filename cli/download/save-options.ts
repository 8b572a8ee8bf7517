import type { Client } from '../client.ts'
import { digestOfFile } from '../upload/file-source.ts'
import type { SaveOptions } from './save.ts'

/** How every download of a client is retried, ended and verified. */
export function saveOptions(client: Client, signal: AbortSignal, force: boolean): SaveOptions {
  return {
    force,
    retries: client.retries,
    signal,
    digestFile: async (file) => (await digestOfFile(file, { signal })).digest,
    pause: (attempt) => client.backOff(attempt),
  }
}
