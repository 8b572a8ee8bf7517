import type { InstallScript, ScriptFile } from '../../src/model/install-script.ts'

export const SCRIPT_FILE: ScriptFile = {
  platform: 'linux',
  arch: 'x64',
  format: 'tar.gz',
  libc: 'any',
  glibcMin: null,
  rank: 20,
  programName: 'notes',
  fileName: 'notes.tar.gz',
  url: 'https://apps.test/notes/releases/1.2.0/notes.tar.gz',
  sha256: '0'.repeat(64),
  sizeBytes: 12,
}

/** The facts of a script with these files. */
export function scriptOf(files: readonly Partial<ScriptFile>[], facts: Partial<InstallScript> = {}): InstallScript {
  return {
    app: { slug: 'notes', name: 'Notes' },
    release: { ref: '1.2.0', yankReason: null },
    pageUrl: 'https://apps.test/notes/releases/1.2.0',
    files: files.map((file) => ({ ...SCRIPT_FILE, ...file })),
    needsToken: false,
    fileName: null,
    ...facts,
  }
}

/** Texts that end a string, run something or are an option, where they are not quoted. */
export const HOSTILE = [
  "'; touch pwned; '",
  '$(touch pwned)',
  '`touch pwned`',
  '"; touch pwned; "',
  '-rf /',
  '--file=x',
  'a b\tc',
  '../../etc/passwd',
  '’; touch pwned; ‘',
  '‛; New-Item pwned; ‚',
  'Ē’ 𝄞 \u0000\u001b[31m',
  '\\',
  "\\'; touch pwned #",
  '\n}\ntouch pwned\n{\n',
  '@{ }; }; New-Item pwned; & {',
  '%s%n',
  '*',
  '~',
  '#',
] as const
