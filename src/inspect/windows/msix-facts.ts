import { type AppxIdentity, type AppxManifest, isReference, packageFamilyName } from '../../formats/windows/appx.ts'
import type { Inspection } from '../../model/inspection.ts'
import { type Arch, archFrom } from '../../model/platform.ts'
import { displayText, exactText } from '../finding.ts'

/** What packages and bundles have in common. */
export async function identityFacts(
  identity: AppxIdentity,
): Promise<Partial<Inspection> & { facts: Record<string, string> }> {
  const identifier = exactText(identity.name)
  const publisher = displayText(identity.publisher)
  const family = exactText(await packageFamilyName(identity))
  return {
    ...(identifier === undefined ? {} : { identifier }),
    version: identity.version,
    facts: {
      ...(publisher === undefined ? {} : { publisher }),
      ...(family === undefined ? {} : { packageFamilyName: family }),
    },
  }
}

/** Facts of one package. */
export async function packageFacts(manifest: AppxManifest): Promise<Partial<Inspection>> {
  const { facts, ...identity } = await identityFacts(manifest.identity)
  const name = isReference(manifest.displayName) ? undefined : displayText(manifest.displayName)
  const publisherName = isReference(manifest.publisherDisplayName)
    ? undefined
    : displayText(manifest.publisherDisplayName)
  const family =
    manifest.families.find(({ name }) => name === 'Windows.Desktop' || name === 'Windows.Universal') ??
    manifest.families[0]
  const minOs = displayText(family?.minVersion)
  const targetOs = displayText(family?.maxVersionTested)
  const arch = archOf(manifest.identity.architecture)
  const permissions = distinct(manifest.capabilities.flatMap((capability) => displayText(capability) ?? []))
  const families = distinct(manifest.families.flatMap((each) => displayText(each.name) ?? []))
  return {
    ...(arch === undefined ? {} : { arch }),
    ...identity,
    ...(name === undefined ? {} : { name }),
    ...(minOs === undefined ? {} : { minOs }),
    ...(targetOs === undefined ? {} : { targetOs }),
    permissions,
    facts: {
      ...facts,
      ...(publisherName === undefined ? {} : { publisherDisplayName: publisherName }),
      ...(families.length === 0 ? {} : { deviceFamilies: families }),
    },
  }
}

export function archOf(architecture: string | undefined): Arch | undefined {
  return architecture === undefined || architecture === 'neutral' ? 'any' : archFrom(architecture)
}

export function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
