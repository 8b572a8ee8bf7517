import { digestOf } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import type { Inspection } from '../model/inspection.ts'
import { saveLiveBlob } from '../store/blobs.ts'
import type { Tx } from '../store/open.ts'

/**
 * Pictures of artifacts are blobs: most releases of an app carry the same one. First the bytes, with this; then, in the
 * transaction of the artifact, {@link recordIcon}.
 */
export async function keepIcon(deps: Pick<Deps, 'blobs' | 'createHasher'>, icon: Uint8Array): Promise<void> {
  const expected = digestOf(icon, deps.createHasher)
  if ((await deps.blobs.stat(expected))?.sizeBytes === icon.byteLength) return
  await deps.blobs.write(new Blob([Uint8Array.from(icon)]).stream(), { expected, maxBytes: icon.byteLength })
}

/** Records the picture that {@link keepIcon} stored. */
export async function recordIcon(tx: Tx, { icon }: Inspection, at: string): Promise<void> {
  if (icon?.digest !== undefined) await saveLiveBlob(tx, icon.digest, icon.sizeBytes, at)
}
