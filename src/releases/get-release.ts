import { DistError } from '../errors.ts'
import type { Tx } from '../store/open.ts'
import { getReleaseInTx, type ReleaseRecord } from '../store/releases.ts'

/** The release as it is in this transaction, a purged one too; a discarded one is gone. @throws DistError release.not_found */
export async function getRelease(tx: Tx, id: string): Promise<ReleaseRecord> {
  const release = await getReleaseInTx(tx, id)
  if (!release || release.state === 'discarded') throw new DistError('release.not_found')
  return release
}

/** @param verb what was asked for, for the message: `yank` */
export function wrongState(verb: string, { ref, state }: ReleaseRecord, hint?: string): DistError {
  return new DistError(
    'release.wrong_state',
    `Cannot ${verb} release "${ref}": status is "${state}"`,
    hint === undefined ? {} : { hint },
  )
}
