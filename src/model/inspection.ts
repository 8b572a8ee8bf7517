import { z } from 'zod'
import { Arch, Format, Platform } from './platform.ts'
import { Instant } from './text.ts'

/** A finding about an artifact: a stable code such as `apk.debuggable`, a level, and a plain sentence. */
export const Check = z.object({
  code: z.string().regex(/^[a-z0-9_]+\.[a-z0-9_]+$/),
  /** `error` blocks sealing; `warning` is the channel's policy; `info` is only told. */
  level: z.enum(['info', 'warning', 'error']),
  message: z.string().max(1000),
})
export type Check = z.infer<typeof Check>

export const INSTALL_MODES = ['testflight', 'enterprise', 'download', 'apk', 'file'] as const
export const InstallMode = z.enum(INSTALL_MODES)
export type InstallMode = z.infer<typeof InstallMode>

/** A short text read from bytes; control and bidi characters are already removed. */
const Fact = z.string().max(4096)

export const SIGNATURE_SCHEMES = [
  'apk-v1',
  'apk-v2',
  'apk-v3',
  'apk-v3.1',
  'jar',
  'apple',
  'authenticode',
  'msix',
  'xar',
  'openpgp',
] as const
export const SignatureScheme = z.enum(SIGNATURE_SCHEMES)
export type SignatureScheme = z.infer<typeof SignatureScheme>

/** SHA-256 of a certificate's DER: 64 lower-case hex digits. */
const Fingerprint = z.string().regex(/^[0-9a-f]{64}$/)

/** One signature that the bytes carry. Nothing is said about whom the reader should trust. */
export const Signature = z.object({
  scheme: SignatureScheme,
  /** `valid` was verified over these bytes, `invalid` does not cover them, `unverified` is there and was not checked. */
  state: z.enum(['valid', 'invalid', 'unverified']),
  /** Subject of the signer's certificate, as in RFC 4514; absent when there is none (ad hoc) or it cannot be read. */
  signer: Fact.optional(),
  certificateSha256: Fingerprint.optional(),
  validFrom: Instant.optional(),
  validTo: Instant.optional(),
  /** When a timestamp in the signature says that it was made. */
  signedAt: Instant.optional(),
  /** Certificates that this one succeeds by a proof of rotation, oldest first. */
  lineage: z.array(Fingerprint).max(64).optional(),
  /** Lowest OS that goes by this signature where another one has several: Android API level `33`. */
  minOs: Fact.optional(),
})
export type Signature = z.infer<typeof Signature>

/** Apple's permission to run a build on devices, embedded in an IPA. */
export const ProvisioningProfile = z.object({
  type: z.enum(['app-store', 'ad-hoc', 'enterprise', 'development']),
  name: Fact.optional(),
  uuid: Fact.optional(),
  teamId: Fact.optional(),
  teamName: Fact.optional(),
  createdAt: Instant.optional(),
  expiresAt: Instant.optional(),
  /** How many devices it names; `devices` may hold fewer, or be withheld from a reader. */
  deviceCount: z.int().min(0).optional(),
  devices: z.array(Fact).max(2000).optional(),
})
export type ProvisioningProfile = z.infer<typeof ProvisioningProfile>

const Entitlements = z.record(z.string().max(255), z.union([Fact, z.number(), z.boolean(), z.array(Fact).max(200)]))

export const MAX_ICON_BYTES = 1 << 20
export const MAX_ICON_PIXELS = 4096

/** The artifact's own picture, as a browser can show it. */
export const IconFacts = z.object({
  mediaType: z.enum(['image/png', 'image/webp']),
  /** Pixels. */
  width: z.int().min(1).max(MAX_ICON_PIXELS),
  height: z.int().min(1).max(MAX_ICON_PIXELS),
  sizeBytes: z.int().min(1).max(MAX_ICON_BYTES),
  /** Of the picture, as it is kept: `sha256:` and 64 hex digits. */
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional(),
})
export type IconFacts = z.infer<typeof IconFacts>

/**
 * What an inspector learned from the bytes alone. Every field is optional except `format`: an absent field means
 * that the bytes do not tell.
 */
export const Inspection = z.object({
  format: Format,
  platform: Platform.optional(),
  arch: Arch.optional(),
  /** apk package, Apple bundle id, deb or rpm package name. */
  identifier: Fact.optional(),
  /** Name for people: application label, display name. */
  name: Fact.optional(),
  /** versionName, CFBundleShortVersionString, Debian Version. */
  version: Fact.optional(),
  /** The platform's own counter as text: versionCode, CFBundleVersion. */
  buildNumber: Fact.optional(),
  /** Minimum OS as the bytes say it: Android API level `26`, iOS `16.0`, macOS `12.0`. */
  minOs: Fact.optional(),
  targetOs: Fact.optional(),
  /** The widest install mode that the bytes allow; the publisher may only narrow it. */
  install: InstallMode.optional(),
  /** Android ABIs, or the slices of a universal binary. */
  abis: z.array(Fact).max(64).optional(),
  permissions: z.array(Fact).max(2000).optional(),
  /** Empty when the format can be signed and the bytes are not; absent when it cannot, or when nothing was read. */
  signatures: z.array(Signature).max(16).optional(),
  profile: ProvisioningProfile.optional(),
  entitlements: Entitlements.optional(),
  icon: IconFacts.optional(),
  /** Format-specific facts: Debian control fields, ELF interpreter, … */
  facts: z.record(z.string(), z.union([Fact, z.number(), z.boolean(), z.array(Fact).max(2000)])).optional(),
})
export type Inspection = z.infer<typeof Inspection>

/** What reading an artifact gave. */
export interface InspectionReport {
  readonly inspection: Inspection
  readonly checks: readonly Check[]
  /** The picture that `inspection.icon` describes. */
  readonly icon?: Uint8Array
}

/** A picture with its bytes, before they are kept. */
export interface Icon {
  readonly facts: IconFacts
  readonly bytes: Uint8Array
}
