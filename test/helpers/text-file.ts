import type { PublishedFile } from './test-app.ts'

/** UTF-8. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** A file whose bytes are nothing but themselves. */
export function textFile(text: string, fileName = 'notes.bin'): PublishedFile {
  return { fileName, bytes: bytesOf(text) }
}
