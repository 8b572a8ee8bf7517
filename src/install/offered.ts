import type { Artifact, Link } from '../model/artifact.ts'
import type { Device } from '../model/install-page.ts'
import type { ListingFact } from '../model/listing.ts'
import type { Succession } from '../model/succession.ts'

/** A file that is offered: of a release, or in a slot of a branch build. */
export interface OfferedFile
  extends Pick<
      Artifact,
      'fileName' | 'platform' | 'arch' | 'format' | 'sizeBytes' | 'digest' | 'inspection' | 'checks'
    >,
    Partial<Pick<Artifact, 'install' | 'variant' | 'kind'>> {
  /** Where its bytes are: a path of this server, or a URL on the host of downloads. */
  readonly url: string
  /** What is known of it beside its bytes: when it was put there. */
  readonly facts?: readonly ListingFact[]
}

export type OfferedLink = Pick<Link, 'platform' | 'kind' | 'url'>

/** What a file is to those who have what its channel held before. */
export interface Continuity extends Succession {
  /** Ref of the release before. */
  readonly from: string
}

/** All that decides how something is offered, beside itself. */
export interface OfferScene {
  readonly app: { readonly slug: string; readonly name: string }
  /** Null for branch builds. */
  readonly release: { readonly version: string; readonly ref: string } | null
  readonly device: Device
  /** Epoch milliseconds. */
  readonly now: number
  /** Origin and base path of absolute URLs, without a trailing slash. */
  readonly baseUrl: string
  /** Path below which `install.sh` and `install.ps1` are: `/notes/stable`; null where there are none. */
  readonly scripts: string | null
  /** Whether commands have to show a token, since bytes are not for everybody. */
  readonly needsToken: boolean
  /** Whether this visitor sees it by a link alone: commands have no cookie to show, and so cannot work. */
  readonly isByLink: boolean
  /** Whether this visitor may have the bytes of the file. */
  mayHave(file: OfferedFile): boolean
  /** Whether nobody is signed in, and signing in is possible. */
  readonly canSignIn: boolean
  /**
   * Absolute URL of the manifest that installs an IPA, which answers without cookies; or why there is none on this server: it
   * has no public https URL, or the address is of something that is not offered that way.
   */
  manifestOf(file: OfferedFile): { readonly url: string } | { readonly refusal: string }
  /** By file name; absent where nothing came before, or none of it may be told to this visitor. */
  readonly continuity: ReadonlyMap<string, Continuity>
  /** The device that the visitor asks about, and of which file. */
  readonly phone: { readonly udid: string; readonly fileName: string } | null
}
