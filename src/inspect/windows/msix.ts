import { MAX_XML_BYTES } from '../../formats/document/xml.ts'
import { FormatError } from '../../formats/format-error.ts'
import {
  APPX_BUNDLE_MANIFEST,
  APPX_MANIFEST,
  type AppxIdentity,
  parseAppxBundleManifest,
  parseAppxManifest,
} from '../../formats/windows/appx.ts'
import type { Check, Icon, Inspection, InspectionReport } from '../../model/inspection.ts'
import { zipChecks } from '../archive/zip-contents.ts'
import { type OpenedZip, zipInspector } from '../archive/zip-inspector.ts'
import { type MsixArchive, memberBytes } from './msix-archive.ts'
import { blockMapChecks } from './msix-block-map.ts'
import { bundleChecks, bundleFacts, firstApplication } from './msix-bundle.ts'
import { packageFacts } from './msix-facts.ts'
import { msixIcon } from './msix-icon.ts'
import { inspectMsixSignature } from './msix-signature.ts'

/** Windows application packages (MSIX, and APPX before it, which has the same bytes) and bundles of them. */
export const msixInspector = zipInspector('msix', ['msix', 'msixbundle'], inspectMsix)

async function inspectMsix(archive: OpenedZip<'msix' | 'msixbundle'>): Promise<InspectionReport> {
  const { format, source, directory, budget, limits } = archive
  const checks = await zipChecks(source, directory, 'error', budget)
  const described = format === 'msix' ? await describePackage(archive) : await describeBundle(archive)
  checks.push(...described.checks, ...(await blockMapChecks(archive)))
  const { signatures, checks: signatureChecks } = await inspectMsixSignature(archive, described.identity, limits)
  const { facts, icon } = described
  return {
    inspection: {
      format,
      platform: 'windows',
      ...facts,
      install: 'file',
      signatures,
      ...(icon === undefined ? {} : { icon: icon.facts }),
    },
    checks: [...checks, ...signatureChecks],
    ...(icon === undefined ? {} : { icon: icon.bytes }),
  }
}

/** What a manifest tells. */
interface Described {
  readonly identity: AppxIdentity
  readonly facts: Partial<Inspection>
  readonly checks: readonly Check[]
  readonly icon: Icon | undefined
}

async function describePackage(archive: MsixArchive): Promise<Described> {
  const manifest = parseAppxManifest(await manifestBytes(archive, APPX_MANIFEST))
  const icon = await msixIcon(archive, manifest.logos)
  return { identity: manifest.identity, facts: await packageFacts(manifest), checks: [], icon }
}

async function describeBundle(archive: MsixArchive): Promise<Described> {
  const manifest = parseAppxBundleManifest(await manifestBytes(archive, APPX_BUNDLE_MANIFEST))
  const application = await firstApplication(archive, manifest)
  return {
    identity: manifest.identity,
    facts: await bundleFacts(manifest, application?.manifest),
    checks: bundleChecks(manifest, archive.directory, application?.manifest),
    icon: application && (await msixIcon(application.archive, application.manifest.logos)),
  }
}

async function manifestBytes(archive: MsixArchive, name: string): Promise<Uint8Array> {
  const bytes = await memberBytes(archive, name, MAX_XML_BYTES)
  if (bytes === undefined) throw new FormatError(`Cannot read package: it has no "${name}"`)
  return bytes
}
