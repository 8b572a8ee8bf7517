import { z } from 'zod'
import { CreateApp, Slug, Visibility } from './app.ts'
import { DigestText, LinkInput } from './artifact.ts'
import { ChannelName } from './channel.ts'
import { FileName } from './file-name.ts'
import { IdOf } from './ids.ts'
import { DeclaredFacts, ManifestPath } from './manifest.ts'
import { Notes, Source, Tag } from './release.ts'
import { Build, formatRef, Version } from './version.ts'

/** What was done last: the ref is reserved, the release is sealed, the release is live. */
export const PipelineStage = z.enum(['planned', 'hosted', 'announced'])
export type PipelineStage = z.infer<typeof PipelineStage>

const HttpUrl = z.url({ protocol: /^https?$/ }).max(4000)

/** A file that the release will have; `fileName` and URLs are null for a pattern, which is expanded when it is built. */
export const PlannedArtifact = z.strictObject({
  /** As `dist.json` has it, relative to its folder. */
  path: ManifestPath,
  /** Whether a pattern stands for any number of files. */
  many: z.boolean(),
  fileName: FileName.nullable(),
  declared: DeclaredFacts,
  /** Where the file will be downloaded from once the release is sealed. */
  url: HttpUrl.nullable(),
  /** Where the file can be read from as soon as it is uploaded. */
  setUrl: HttpUrl.nullable(),
  /** Null until the file is uploaded. */
  digest: DigestText.nullable(),
})
export type PlannedArtifact = z.infer<typeof PlannedArtifact>

/**
 * `dist-state.json`: what the steps of a pipeline tell each other, on whatever machines they run. It has no secret in it
 * and everything that the steps after `dist ci plan` need, so that these do not read `dist.json`.
 */
export const PipelineState = z
  .strictObject({
    schema: z.literal(1),
    /** Made up without a server; nothing is ever uploaded for it. */
    mock: z.boolean(),
    stage: PipelineStage,
    /** Base URL of the server. */
    server: HttpUrl,
    app: z.strictObject({
      /** Null in a mock. */
      id: IdOf('app').nullable(),
      slug: Slug,
      name: CreateApp.shape.name.unwrap().nullable(),
      visibility: Visibility.nullable(),
    }),
    release: z.strictObject({
      /** Null in a mock. */
      id: IdOf('release').nullable(),
      ref: z.string().max(97),
      version: Version,
      build: Build.nullable(),
      url: HttpUrl,
      setUrl: HttpUrl.nullable(),
    }),
    files: z.array(PlannedArtifact).max(500),
    links: z.array(LinkInput).max(50),
    notes: Notes.nullable(),
    tag: Tag.nullable(),
    prerelease: z.boolean().nullable(),
    source: Source,
    channel: ChannelName.nullable(),
    previewUrl: HttpUrl.nullable(),
  })
  .superRefine(({ mock, app, release }, context) => {
    if (release.ref !== formatRef(release.version, release.build)) {
      context.addIssue({ code: 'custom', path: ['release', 'ref'], message: 'is not version and build' })
    }
    if (!mock && (app.id === null || release.id === null)) {
      context.addIssue({ code: 'custom', path: ['release', 'id'], message: 'is missing' })
    }
  })
  .meta({ id: 'PipelineState', title: 'dist-state.json' })
export type PipelineState = z.infer<typeof PipelineState>
