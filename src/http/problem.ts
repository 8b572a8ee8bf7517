import { BlobNotFoundError } from '../blob/blob-store.ts'
import { DistError, errorRow } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import { sqliteCode } from '../store/sqlite-code.ts'

/** Codes of the machine that mean "no room": the request is refused, reading goes on. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL'])

function machineCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = sqliteCode(at) ?? (at as { code?: unknown }).code
    if (typeof code === 'string') return code
  }
  return undefined
}

/** What an error means to the caller; undefined for errors that nobody foresaw. */
export function knownError(error: unknown): DistError | undefined {
  if (error instanceof DistError) return error
  if (error instanceof BlobNotFoundError) return new DistError('blob.unavailable', undefined, { cause: error })
  const code = machineCode(error)
  if (code !== undefined && FULL.has(code)) return new DistError('storage.full', undefined, { cause: error })
  return undefined
}

/**
 * RFC 9457 problem details. Says the code, a sentence, often what to do; never a path, a stack, SQL or a secret:
 * errors that nobody foresaw are told by their request id only, and logged.
 */
export function problemResponse(error: DistError, requestId: string): Response {
  const row = errorRow(error.code)
  const status = row.status === 0 ? 500 : row.status
  const problem: Problem = {
    type: 'about:blank',
    title: row.title,
    status,
    detail: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    requestId,
    ...(error.details === undefined ? {} : { details: error.details }),
  }
  const headers = new Headers({
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
    ...error.headers,
  })
  if (row.retryable && status >= 500 && !headers.has('Retry-After')) headers.set('Retry-After', '5')
  return new Response(JSON.stringify(problem), { status, headers })
}
