import type { Arch, Format, Platform } from './platform.ts'

/** A file that an install script may choose. */
export interface ScriptFile {
  readonly platform: Platform
  readonly arch: Arch
  readonly format: Format
  /**
   * Linux: what the program needs of the C library. `musl-built` is said by a name, and mostly static; `any` is not told, or
   * does not matter.
   */
  readonly libc: 'any' | 'static' | 'glibc' | 'musl' | 'musl-built'
  /** Oldest glibc that it runs with, `2.34`; null where it is not told. */
  readonly glibcMin: string | null
  /** Lower is better; the same for files that only people can choose between. */
  readonly rank: number
  /** What a bare program is called once it is installed. */
  readonly programName: string
  readonly fileName: string
  /** Absolute and permanent. */
  readonly url: string
  /** 64 hex digits. */
  readonly sha256: string
  readonly sizeBytes: number
}

/** What an install script is made of: one release, as it is at that moment. */
export interface InstallScript {
  readonly app: { readonly slug: string; readonly name: string }
  readonly release: {
    readonly ref: string
    /** Why it was yanked; null when it was not. */
    readonly yankReason: string | null
  }
  /** Page of what is installed. */
  readonly pageUrl: string
  readonly files: readonly ScriptFile[]
  /** Whether files are for those alone who show a token. */
  readonly needsToken: boolean
  /** File that was asked for; null where the machine decides. */
  readonly fileName: string | null
}
