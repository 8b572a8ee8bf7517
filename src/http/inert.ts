/**
 * Of answers that are no pages: their bytes are never run, framed by nobody and taken for nothing else. A picture that is
 * opened by itself is a document too.
 */
export const INERT = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
} as const
