import { z } from 'zod'
import { ArtifactKind, DigestText } from './artifact.ts'
import { Arch, Format, Platform } from './platform.ts'

/** A fact that differs; a side is null where the bytes do not tell it. */
const FactChange = z.object({ from: z.string().nullable(), to: z.string().nullable() })
export type FactChange = z.infer<typeof FactChange>

/** Whom a file names as its signer: a certificate's SHA-256, Apple's team id, or the subject of a certificate. */
const NamedSigner = z.object({
  id: z.string(),
  /** False where the file has the name, and nobody proved it over the bytes. */
  verified: z.boolean(),
})
export type NamedSigner = z.infer<typeof NamedSigner>

/** Empty sides are of files that nobody signed. */
const SignerChange = z.object({
  from: z.array(NamedSigner),
  to: z.array(NamedSigner),
  /** Whether devices that have `from` take `to` as its update: also after a rotation of keys that proves itself. */
  continues: z.boolean(),
})
export type SignerChange = z.infer<typeof SignerChange>

/**
 * One file of either release beside its counterpart. Facts are null where they are the same, where the bytes are, and
 * where there is no counterpart: what a lone file has is told by its release.
 */
export const FileChange = z
  .object({
    change: z.enum(['added', 'removed', 'changed', 'same']),
    /** In `to`; of a removed file in `from`. So are kind, platform, arch and format. */
    fileName: z.string(),
    /** In `from`, when it had another name there. */
    previousFileName: z.string().nullable(),
    kind: ArtifactKind,
    platform: Platform,
    arch: Arch,
    format: Format,
    sizeBytes: z.object({ from: z.int().min(0).nullable(), to: z.int().min(0).nullable() }),
    digest: z.object({ from: DigestText.nullable(), to: DigestText.nullable() }),
    /** apk package, Apple bundle id, package name. */
    identifier: FactChange.nullable(),
    version: FactChange.nullable(),
    buildNumber: FactChange.nullable(),
    minOs: FactChange.nullable(),
    permissions: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }).nullable(),
    signer: SignerChange.nullable(),
  })
  .meta({ id: 'FileChange' })
export type FileChange = z.infer<typeof FileChange>

/** What differs between two releases of an app, as their bytes say it. */
export const ReleaseChanges = z
  .object({
    /** Ref of the release that is compared with; null when there is none, and every file is added. */
    from: z.string().nullable(),
    to: z.string(),
    /** By file name. */
    files: z.array(FileChange),
  })
  .meta({ id: 'ReleaseChanges' })
export type ReleaseChanges = z.infer<typeof ReleaseChanges>
