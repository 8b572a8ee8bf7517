import type { ByteSource } from '../bytes/byte-source.ts'
import type { Budget } from '../formats/budget.ts'
import type { ArtifactSource } from './inspector.ts'

/**
 * Runs a pass over the whole file, as verifying a signature needs: the bytes it reads and the time it takes grow with
 * the file and count against no limit of an inspection.
 */
export async function wholePass<T>(
  source: ArtifactSource,
  budget: Budget,
  run: (bytes: ByteSource) => Promise<T>,
): Promise<T> {
  const bytes = source.pass ?? source
  let excused = performance.now()
  // With each read, so that readers may go on watching the clock during the pass.
  const excuse = () => {
    const now = performance.now()
    budget.excuse(now - excused)
    excused = now
  }
  try {
    return await run({
      sizeBytes: bytes.sizeBytes,
      async read(offset, length) {
        const piece = await bytes.read(offset, length)
        excuse()
        return piece
      },
    })
  } finally {
    excuse()
  }
}
