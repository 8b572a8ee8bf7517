import type { OfferedFile, OfferScene } from '../../install/offered.ts'
import type { ReleaseRecord } from '../../store/releases.ts'
import type { RequestContext } from '../context.ts'

/** Where the manifest of an IPA is that devices install from, or why there is none. */
export function manifestOf(
  _context: Pick<RequestContext, 'deps' | 'actor' | 'app' | 'object'>,
  _release: ReleaseRecord | null,
  _file: OfferedFile,
): ReturnType<OfferScene['manifestOf']> {
  return { refusal: 'This server does not offer it yet' }
}
