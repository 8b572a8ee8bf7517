import { basename, resolve } from 'node:path'
import { type Digest, isDigest } from '../../src/bytes/digest.ts'
import { DistError } from '../../src/errors.ts'
import type { Artifact } from '../../src/model/artifact.ts'
import { Release } from '../../src/model/release.ts'
import { type Client, segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { digestOfFile } from '../file-source.ts'
import { readRelease } from '../find-release.ts'

export const command = defineCommand({
  summary: 'check that a file is what was published',
  description:
    'With --digest nothing is asked of a server. With --app alone the file may be of any release of the app that this\n' +
    'credential may see.',
  examples: ['verify notes.apk --app acme-notes --release 1.4.0', 'verify notes.apk --digest sha256:9f86…'],
  args: { file: { help: 'the file' } },
  flags: {
    app: { type: 'text', help: 'the app it is said to be of' },
    release: { type: 'text', value: 'ref', help: 'the release it is said to be of' },
    digest: { type: 'text', help: 'the digest it is said to have: sha256:<hex>, or the hex digits alone' },
  },
  async run(context, args, flags) {
    if ((flags.digest === undefined) === (flags.app === undefined) || (flags.release && !flags.app)) {
      throw new DistError('usage.invalid', 'Cannot verify: give either --digest, or --app with or without --release')
    }
    const expected = flags.digest === undefined ? undefined : digestFrom(flags.digest)
    const path = resolve(context.cwd, args.file)
    const { digest, stamp } = await digestOfFile(path, { signal: context.signal })
    const result = { file: args.file, sizeBytes: stamp.sizeBytes, digest }
    if (flags.app === undefined) {
      if (digest !== expected) throw mismatch(args.file, { expected, actual: digest })
      context.output.result(result, () => `${args.file}: ${digest}\n`)
      return 0
    }
    const client = await context.client({ anonymous: true })
    const found = await findPublished(client, flags.app, flags.release, digest)
    if (found === undefined) {
      const published =
        flags.release === undefined ? undefined : await digestOfName(client, flags.app, flags.release, args.file)
      throw mismatch(args.file, { app: flags.app, release: flags.release ?? null, expected: published, actual: digest })
    }
    const { release, artifact } = found
    if (release.state === 'yanked')
      context.output.warn(`${release.app} ${release.ref} was yanked: ${release.yankReason ?? 'no reason given'}`)
    const published = { app: release.app, ref: release.ref, state: release.state, fileName: artifact.fileName }
    context.output.result(
      { ...result, published },
      () => `${args.file}: ${artifact.fileName} of ${release.app} ${release.ref}, ${digest}\n`,
    )
    return 0
  },
})

/** `sha256:<hex>`, or the hex digits alone as checksum files have them. @throws DistError `usage.invalid` */
function digestFrom(text: string): Digest {
  const hex = text.trim().toLowerCase()
  const digest = /^[0-9a-f]{64}$/.test(hex) ? `sha256:${hex}` : hex
  if (!isDigest(digest)) {
    throw new DistError('usage.invalid', 'Cannot read --digest: expected 64 hex digits, with or without "sha256:"')
  }
  return digest
}

interface Found {
  readonly release: Release
  readonly artifact: Artifact
}

async function findPublished(
  client: Client,
  app: string,
  ref: string | undefined,
  digest: Digest,
): Promise<Found | undefined> {
  const releases =
    ref === undefined
      ? client.list(Release, `/apps/${segment(app)}/releases?limit=100`)
      : [await readRelease(client, { app, ref })]
  for await (const release of releases) {
    const artifact = release.artifacts.find((candidate) => candidate.digest === digest)
    if (artifact !== undefined) return { release, artifact }
  }
  return undefined
}

/** What the release has under the name of the file, to say more than "no". */
async function digestOfName(client: Client, app: string, ref: string, file: string): Promise<string | undefined> {
  const release = await readRelease(client, { app, ref })
  return release.artifacts.find((artifact) => artifact.fileName === basename(file))?.digest
}

function mismatch(file: string, details: Readonly<Record<string, unknown>>): DistError {
  const { app, release, expected, actual } = details
  const claim =
    app === undefined
      ? `its digest is ${actual}, not ${expected}`
      : `no ${release === null ? 'release' : `file of release "${release}"`} of "${app}" has these bytes (${actual})`
  return new DistError('verify.failed', `Cannot verify "${file}": ${claim}`, { details })
}
