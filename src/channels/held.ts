import { type ArtifactRecord, listArtifacts } from '../store/artifacts.ts'
import type { MoveRow } from '../store/channels.ts'
import type { Reads, Tx } from '../store/open.ts'

/** A release that a channel held, with its files. */
export interface Held {
  readonly ref: string
  readonly files: readonly ArtifactRecord[]
}

/** The releases that these moves led to, each once, newest first. @param without id of one that is left out */
export async function loadHeld(db: Reads | Tx, moves: readonly MoveRow[], without: string): Promise<Held[]> {
  const refs = new Map(moves.map(({ toReleaseId, to }) => [toReleaseId, to]))
  refs.delete(without)
  const artifacts = await listArtifacts(db, [...refs.keys()])
  return [...refs].map(([id, ref]) => ({ ref, files: artifacts.get(id) ?? [] }))
}
