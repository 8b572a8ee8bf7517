import type { Artifact } from '../model/artifact.ts'
import { notarizationText, profileText, schemeText, systemText, unsignedText } from '../model/fact-text.ts'
import type { Inspection, Signature } from '../model/inspection.ts'
import type { ListingFact } from '../model/listing.ts'

/**
 * What the bytes of a file say that decides whether somebody can and should use it, as a page shows it.
 * @param release whose version is not said again; null where there is none
 */
export function fileFacts(
  { inspection }: Pick<Artifact, 'inspection'>,
  release: { readonly version: string; readonly ref: string } | null,
): ListingFact[] {
  const { version, minOs, targetOs, platform, profile, identifier } = inspection
  const facts: ListingFact[] = []
  const tell = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') facts.push({ name, value })
  }
  if (version !== release?.version && version !== release?.ref) tell('Version', version)
  tell(isApple(platform) ? 'Bundle ID' : 'Package', identifier)
  tell('Min OS', minOs && systemText(minOs, platform))
  if (targetOs !== minOs) tell('Made for', targetOs && systemText(targetOs, platform))
  tell('Signed', unsignedText(inspection))
  facts.push(...signatureFacts(inspection))
  tell('Notarization', notarizationText(inspection))
  tell('Profile', profile && profileText(profile))
  return facts
}

function isApple(platform: Inspection['platform']): boolean {
  return platform === 'macos' || platform === 'ios'
}

/** One for each certificate and state: an APK has the same signer in several schemes. */
function signatureFacts({ signatures = [] }: Pick<Inspection, 'signatures'>): ListingFact[] {
  const alike = Map.groupBy(signatures, ({ state, certificateSha256, signer, signedAt }) =>
    JSON.stringify([state, certificateSha256, signer, signedAt]),
  )
  return [...alike.values()].map((group) => {
    const [first] = group
    const schemes = [...new Set(group.map(schemeText))].join(', ')
    const at = first!.state === 'valid' ? first!.signedAt?.slice(0, 10) : undefined
    return {
      name: 'Signature',
      value: [`${schemes} ${first!.state}`, certificateText(first!), at && `timestamp of ${at}`]
        .filter(Boolean)
        .join(', '),
      ...(first!.certificateSha256 === undefined ? {} : { digest: `sha256:${first!.certificateSha256}` }),
    }
  })
}

/** Whoever makes a certificate chooses the names in it, so a page does not say that these are who signed. */
function certificateText({ scheme, state, signer, certificateSha256 }: Signature): string | undefined {
  if (signer !== undefined) return `certificate names ${signer}`
  // Signed ad hoc: the hashes hold, and no key made them.
  return scheme === 'apple' && state === 'valid' && certificateSha256 === undefined ? 'no certificate' : undefined
}
