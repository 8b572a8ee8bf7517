import { z } from 'zod'
import { FileName } from './file-name.ts'
import { IdOf } from './ids.ts'
import { Check, Inspection, InstallMode } from './inspection.ts'
import { Arch, ArchInput, Format, Platform, PlatformInput } from './platform.ts'
import { Instant } from './text.ts'

export const ArtifactKind = z.enum(['app', 'sbom', 'signature', 'symbols', 'source'])
export type ArtifactKind = z.infer<typeof ArtifactKind>

export const DigestText = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 lower-case hex digits')

/** Tells builds of one platform and arch apart: `musl`, `portable`. */
export const Variant = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/)

export const Artifact = z
  .object({
    id: IdOf('artifact'),
    fileName: z.string(),
    kind: ArtifactKind,
    platform: Platform,
    arch: Arch,
    format: Format,
    variant: z.string().nullable(),
    sizeBytes: z.int().min(0),
    digest: DigestText,
    /** File name of the artifact that this one is about. */
    describes: z.string().nullable(),
    install: z.object({ mode: InstallMode }),
    inspection: Inspection,
    checks: z.array(Check),
    createdAt: Instant,
    url: z.url(),
  })
  .meta({ id: 'Artifact' })
export type Artifact = z.infer<typeof Artifact>

/** Puts the bytes of a finished upload of this principal into a draft. */
export const AttachArtifact = z
  .strictObject({
    uploadId: IdOf('upload'),
    fileName: FileName.optional(),
    kind: ArtifactKind.optional(),
    platform: PlatformInput.optional(),
    arch: ArchInput.optional(),
    format: Format.optional(),
    variant: Variant.optional(),
    describes: z.string().max(200).optional(),
    install: InstallMode.optional(),
  })
  .meta({ id: 'AttachArtifact' })
export type AttachArtifact = z.infer<typeof AttachArtifact>

export const LinkKind = z.enum(['testflight', 'app-store', 'play', 'microsoft-store', 'web'])
export type LinkKind = z.infer<typeof LinkKind>

/** An install path that is not a file. */
export const Link = z
  .object({ id: IdOf('link'), platform: Platform, kind: LinkKind, url: z.string() })
  .meta({ id: 'Link' })
export type Link = z.infer<typeof Link>

const LINK_HOSTS: Readonly<Record<LinkKind, RegExp | undefined>> = {
  testflight: /^https:\/\/testflight\.apple\.com\/join\/[A-Za-z0-9]+$/,
  'app-store': /^https:\/\/apps\.apple\.com\/[^\s]+$/,
  play: /^https:\/\/play\.google\.com\/[^\s]+$/,
  'microsoft-store': /^https:\/\/(?:apps|www)\.microsoft\.com\/[^\s]+$/,
  web: undefined,
}

export const LinkInput = z
  .strictObject({ platform: Platform, kind: LinkKind, url: z.url({ protocol: /^https$/ }).max(2000) })
  .superRefine((link, context) => {
    const pattern = LINK_HOSTS[link.kind]
    if (pattern && !pattern.test(link.url)) {
      context.addIssue({ code: 'custom', path: ['url'], message: `is not a ${link.kind} link` })
    }
  })
  .meta({ id: 'LinkInput' })
export type LinkInput = z.infer<typeof LinkInput>
