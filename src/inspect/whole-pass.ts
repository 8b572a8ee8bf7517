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
  const started = performance.now()
  try {
    return await run(source.pass ?? source)
  } finally {
    budget.excuse(performance.now() - started)
  }
}
