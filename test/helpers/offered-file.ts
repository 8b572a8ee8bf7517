import { bytesSource } from '../../src/bytes/byte-source.ts'
import { resolveDeclared } from '../../src/inspect/declared.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import { DEFAULT_LIMITS } from '../../src/inspect/inspector.ts'
import type { Continuity, OfferedFile, OfferScene } from '../../src/install/offered.ts'
import { truthOf } from '../../src/install/platforms/truth-of.ts'
import type { Device } from '../../src/model/install-page.ts'
import type { Platform } from '../../src/model/platform.ts'

const NOW = Date.parse('2026-11-21T00:00:00Z')

/** A file of a release, as it is after its bytes were read. @param platform where the bytes do not tell */
export async function offeredFile(
  bytes: Uint8Array,
  { fileName = 'notes.bin', platform }: { readonly fileName?: string; readonly platform?: Platform } = {},
): Promise<OfferedFile> {
  const { inspection, checks } = await inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now: NOW })
  const { install, ...resolved } = resolveDeclared(fileName, platform === undefined ? {} : { platform }, inspection)
  return {
    ...resolved,
    fileName,
    sizeBytes: bytes.byteLength,
    digest: `sha256:${'0'.repeat(64)}`,
    install: { mode: install },
    inspection,
    checks: [...checks],
    url: `/notes/releases/1.4.0/${fileName}`,
  }
}

const UNKNOWN: Device = { platform: null, arch: null, version: null, packages: null, source: 'none' }

/** What decides beside a file: a stranger on a public server, with a device of which this is known. */
export function offerScene(
  device: Partial<Device> = {},
  continuity: Readonly<Record<string, Continuity>> = {},
): OfferScene {
  return {
    app: { slug: 'notes', name: 'Notes' },
    release: { version: '1.4.0', ref: '1.4.0' },
    device: { ...UNKNOWN, ...device },
    now: NOW,
    baseUrl: 'https://dist.example.com',
    scripts: null,
    needsToken: false,
    isByLink: false,
    mayHave: () => true,
    canSignIn: false,
    manifestOf: () => ({ refusal: 'Not here.' }),
    continuity: new Map(Object.entries(continuity)),
    phone: null,
  }
}

/** `error It is not signed`, worst first. */
export function titlesOf(file: OfferedFile, device: Partial<Device> = {}): string[] {
  return truthOf(file, offerScene(device)).verdicts.map(({ level, title }) => `${level} ${title}`)
}
