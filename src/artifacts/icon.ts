import type { Cause } from '../audit/append.ts'
import type { BlobInfo } from '../blob/blob-store.ts'
import { digestOf } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { findBlob } from '../store/blobs.ts'
import type { Tx } from '../store/open.ts'
import { recordStored } from './damage.ts'

/** A picture whose bytes are stored and not yet recorded. */
export interface KeptIcon extends BlobInfo {
  /** It was found damaged before, and was written anew. */
  readonly replaced: boolean
}

/**
 * Pictures of artifacts are blobs: most releases of an app carry the same one. First the bytes, with this; then, in the
 * transaction of the artifact, {@link recordIcon}.
 */
export async function keepIcon(
  deps: Pick<Deps, 'store' | 'blobs' | 'createHasher'>,
  icon: Uint8Array | undefined,
): Promise<KeptIcon | undefined> {
  if (icon === undefined) return undefined
  const expected = digestOf(icon, deps.createHasher)
  const sizeBytes = icon.byteLength
  const replaced = (await findBlob(deps.store.reads, expected))?.state === 'damaged'
  if (replaced || (await deps.blobs.stat(expected))?.sizeBytes !== sizeBytes) {
    const body = new Blob([Uint8Array.from(icon)]).stream()
    await deps.blobs.write(body, { expected, maxBytes: sizeBytes, replace: replaced })
  }
  return { digest: expected, sizeBytes, replaced }
}

/** Records the picture that {@link keepIcon} stored, if there was one. */
export async function recordIcon(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  icon: KeptIcon | undefined,
  cause: Cause,
): Promise<void> {
  if (icon !== undefined) await recordStored(tx, deps, icon, icon.replaced, cause)
}
