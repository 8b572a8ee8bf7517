import type { Arch, Format, Platform } from '../model/platform.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'

export interface Selector {
  readonly platform?: Platform | undefined
  readonly arch?: Arch | undefined
  readonly format?: Format | undefined
}

function fitsArch(artifact: ArtifactRecord, arch: Arch): boolean {
  return artifact.arch === arch || artifact.arch === 'any' || artifact.arch === 'universal'
}

/**
 * The installable files that a selector asks for. An exact arch goes before `universal` and `any`: when one file is
 * built for exactly this machine, the general ones step back. Pure; the order of the input is kept.
 */
export function selectArtifacts(artifacts: readonly ArtifactRecord[], selector: Selector): ArtifactRecord[] {
  let found = artifacts.filter((artifact) => artifact.kind === 'app')
  const { platform, arch, format } = selector
  if (platform !== undefined) {
    const exact = found.filter((artifact) => artifact.platform === platform)
    found = exact.length > 0 ? exact : found.filter((artifact) => artifact.platform === 'any')
  }
  if (format !== undefined) found = found.filter((artifact) => artifact.format === format)
  if (arch !== undefined) {
    found = found.filter((artifact) => fitsArch(artifact, arch))
    const exact = found.filter((artifact) => artifact.arch === arch)
    if (exact.length > 0) found = exact
  }
  return found
}
