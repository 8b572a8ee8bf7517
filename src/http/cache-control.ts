import type { AppRecord } from '../store/apps.ts'

/** Who may keep an answer, and for how long. */
export type CachePolicy = 'immutable' | 'revalidate' | 'private'

const CACHE_CONTROL: Readonly<Record<CachePolicy, string>> = {
  /** Permanent URLs of announced releases: the bytes can never change. */
  immutable: 'public, max-age=31536000, immutable',
  /** Pointers: kept, and asked again each time. */
  revalidate: 'no-cache',
  /** Drafts, private apps and everything that needs a credential. */
  private: 'private, no-store',
}

/** Headers of a cache policy; what is not for everyone is not for search engines either. */
export function cacheHeaders(policy: CachePolicy): Record<string, string> {
  return policy === 'private'
    ? { 'Cache-Control': CACHE_CONTROL.private, 'X-Robots-Tag': 'noindex' }
    : { 'Cache-Control': CACHE_CONTROL[policy] }
}

/** What pages of an app may be kept by: nothing of a private app is for caches. */
export function cacheOfApp({ visibility }: Pick<AppRecord, 'visibility'>): CachePolicy {
  return visibility === 'private' ? 'private' : 'revalidate'
}
