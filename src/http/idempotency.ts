import { DistError } from '../errors.ts'

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/

/** The key under which a creation may be repeated; null when the client gives none. @throws DistError request.invalid */
export function idempotencyKeyOf(request: Request): string | null {
  const key = request.headers.get('idempotency-key')
  if (key !== null && !IDEMPOTENCY_KEY.test(key)) {
    throw new DistError('request.invalid', 'Idempotency-Key must be 1 to 200 visible ASCII characters')
  }
  return key
}
