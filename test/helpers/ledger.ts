/** Everything that a server has acknowledged to the publishers of a test: what it must never lose. */
export interface Ledger {
  /** Answers of every kind that arrived. */
  answers: number
  readonly uploads: Map<string, AcknowledgedUpload>
  readonly releases: Map<string, AcknowledgedRelease>
  /** Refs that a channel was acknowledged to point at, in order; one publisher moves one channel. */
  readonly moves: Map<string, string[]>
  /** Digests that each app's branch build `main` was sent, in order, and which of them was acknowledged last. */
  readonly pushes: Map<string, { readonly sent: string[]; acknowledged: number }>
  readonly revokedTokens: Map<string, { readonly secret: string }>
  /** What each release of an app consists of, decided before its first request: `app ref` → name → digest. */
  readonly contents: Map<string, Readonly<Record<string, string>>>
  /** Answers that no server may give. */
  readonly violations: string[]
}

export interface AcknowledgedUpload {
  readonly sizeBytes: number
  readonly digest: string
  offset: number
  isComplete: boolean
  /** Its token is being revoked, or was: it may end at any moment. */
  mayEnd: boolean
  /** Its token's revocation was acknowledged: it must have ended. */
  mustHaveEnded: boolean
}

export type ReleaseStage = 'drafted' | 'published' | 'announced'

export interface AcknowledgedRelease {
  readonly app: string
  readonly ref: string
  stage: ReleaseStage
}

export function createLedger(): Ledger {
  return {
    answers: 0,
    uploads: new Map(),
    releases: new Map(),
    moves: new Map(),
    pushes: new Map(),
    revokedTokens: new Map(),
    contents: new Map(),
    violations: [],
  }
}
