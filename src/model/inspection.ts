import { z } from 'zod'
import { Arch, Format, Platform } from './platform.ts'

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
  /** Format-specific facts: Debian control fields, ELF interpreter, … */
  facts: z.record(z.string(), z.union([Fact, z.number(), z.boolean(), z.array(Fact).max(2000)])).optional(),
})
export type Inspection = z.infer<typeof Inspection>
