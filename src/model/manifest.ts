import { z } from 'zod'
import { CreateApp, Slug, Visibility } from './app.ts'
import { ArtifactKind, LinkInput, Variant } from './artifact.ts'
import { ChannelName } from './channel.ts'
import { FileName } from './file-name.ts'
import { InstallMode } from './inspection.ts'
import { ArchInput, Format, PlatformInput } from './platform.ts'
import { Notes, Source, Tag } from './release.ts'
import { Build, Version } from './version.ts'

/** Where an artifact goes in a package repository. Accepted by the schema; servers without repositories refuse it. */
const AptTarget = z.strictObject({
  repository: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  distribution: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/),
  component: z.string().regex(/^[a-z0-9][a-z0-9./-]{0,62}$/),
})

/** Relative to `dist.json`; a pattern must match exactly one file unless `many` is true. */
export const ManifestPath = z.string().min(1).max(4096)

/** What the publisher says about a file; what is absent is read from the bytes. */
export const DeclaredFacts = z.strictObject({
  platform: PlatformInput.optional(),
  arch: ArchInput.optional(),
  format: Format.optional(),
  variant: Variant.optional(),
  kind: ArtifactKind.optional(),
  /** File name of the artifact that this one is about. */
  describes: z.string().max(200).optional(),
  install: InstallMode.optional(),
})
export type DeclaredFacts = z.infer<typeof DeclaredFacts>

const ManifestArtifact = z.strictObject({
  path: ManifestPath,
  many: z.boolean().optional(),
  fileName: FileName.optional(),
  ...DeclaredFacts.shape,
  apt: AptTarget.optional(),
})
export type ManifestArtifact = z.infer<typeof ManifestArtifact>

/** `dist.json`: what `dist ci publish` publishes. Unknown fields are errors. */
export const Manifest = z
  .strictObject({
    $schema: z.string().max(2000).optional(),
    schema: z.literal(1),
    app: Slug,
    name: CreateApp.shape.name,
    visibility: Visibility.optional(),
    version: Version,
    build: Build.optional(),
    tag: Tag.optional(),
    prerelease: z.boolean().optional(),
    notes: z.union([Notes, z.strictObject({ file: z.string().min(1).max(4096) })]).optional(),
    channel: ChannelName.optional(),
    source: Source.optional(),
    artifacts: z.array(ManifestArtifact).max(500).optional(),
    links: z.array(LinkInput).max(50).optional(),
    announce: z.boolean().optional(),
  })
  .superRefine((manifest, context) => {
    if ((manifest.artifacts ?? []).length + (manifest.links ?? []).length === 0) {
      context.addIssue({ code: 'custom', path: ['artifacts'], message: 'at least one artifact or link is needed' })
    }
    if (manifest.channel !== undefined && manifest.announce === false) {
      context.addIssue({
        code: 'custom',
        path: ['channel'],
        message: 'a channel points only at announced releases: remove "channel" or "announce": false',
      })
    }
  })
  .meta({ id: 'Manifest', title: 'dist.json', description: 'What `dist ci publish` publishes.' })
export type Manifest = z.infer<typeof Manifest>
