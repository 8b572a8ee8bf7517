import type { Device, Offer } from '../model/install-page.ts'
import type { Arch, Platform } from '../model/platform.ts'
import type { OfferedFile, OfferedLink } from './offered.ts'

/** Whether something for a platform and arch runs on a device. */
export function fitOf(of: { readonly platform: Platform; readonly arch: Arch }, device: Device): Offer['fit'] {
  if (of.platform === 'any') return 'fits'
  if (device.platform === null) return 'unknown'
  if (of.platform !== device.platform) return 'not'
  if (of.arch === 'any' || of.arch === 'universal' || of.arch === device.arch) return 'fits'
  return device.arch === null ? 'unknown' : 'not'
}

export type Candidate =
  | { readonly kind: 'file'; readonly file: OfferedFile }
  | { readonly kind: 'link'; readonly link: OfferedLink }

/** The platforms that there is something for, that of the device first, what serves the device best first in each. */
export function inOrder(
  candidates: readonly Candidate[],
  device: Device,
): { readonly platform: Platform; readonly candidates: readonly Candidate[] }[] {
  const groups = Map.groupBy(candidates, (candidate) =>
    candidate.kind === 'file' ? candidate.file.platform : candidate.link.platform,
  )
  return [...groups]
    .map(([platform, found]) => ({ platform, candidates: found }))
    .sort((a, b) => Number(b.platform === device.platform) - Number(a.platform === device.platform))
}
