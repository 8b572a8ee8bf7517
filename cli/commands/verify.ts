import { basename, resolve } from 'node:path'
import { type Digest, isDigest } from '../../src/bytes/digest.ts'
import { DistError } from '../../src/errors.ts'
import type { Artifact } from '../../src/model/artifact.ts'
import { Release } from '../../src/model/release.ts'
import { type Client, segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { readBuilds } from '../find-release.ts'
import { digestOfFile } from '../upload/file-source.ts'

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
      if (digest !== expected)
        throw mismatch(args.file, `its digest is ${digest}, not ${expected}`, { expected, actual: digest })
      context.output.result(result, () => [`${args.file}: ${digest}`])
      return 0
    }
    const client = await context.client({ anonymous: true })
    const looked = await lookFor(digest, args.file, releasesOf(client, flags.app, flags.release))
    if (looked.found === undefined) throw notPublished(args.file, flags.app, flags.release, looked.others, digest)
    const { release, artifact } = looked.found
    if (release.state === 'yanked')
      context.output.warn(`${release.app} ${release.ref} was yanked: ${release.yankReason ?? 'no reason given'}`)
    const published = { app: release.app, ref: release.ref, state: release.state, fileName: artifact.fileName }
    context.output.result({ ...result, published }, () => [
      `${args.file}: ${artifact.fileName} of ${release.app} ${release.ref}, ${digest}`,
    ])
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

/** The releases that the file may be of: all of the app unless one is named. */
function releasesOf(client: Client, app: string, ref: string | undefined): AsyncIterable<Release> {
  if (ref !== undefined) return readBuilds(client, { app, ref })
  return client.list(Release, `/apps/${segment(app)}/releases?limit=100`)
}

/** A release that has no such file. */
interface Other {
  readonly ref: string
  /** What it has under the name of the file. */
  readonly sameName: string | undefined
}

async function lookFor(
  digest: Digest,
  file: string,
  releases: AsyncIterable<Release>,
): Promise<{ found: { release: Release; artifact: Artifact } } | { found?: never; others: Other[] }> {
  const others: Other[] = []
  for await (const release of releases) {
    const artifact = release.artifacts.find((candidate) => candidate.digest === digest)
    if (artifact !== undefined) return { found: { release, artifact } }
    const sameName = release.artifacts.find(({ fileName }) => fileName === basename(file))
    others.push({ ref: release.ref, sameName: sameName?.digest })
  }
  return { others }
}

/** Says where was looked, and what a single release has under the name of the file. */
function notPublished(
  file: string,
  app: string,
  ref: string | undefined,
  others: readonly Other[],
  actual: Digest,
): DistError {
  const details = { app, release: ref ?? null, actual }
  const end = `of "${app}" has these bytes (${actual})`
  if (ref === undefined) return mismatch(file, `no release ${end}`, details)
  if (others.length > 1) {
    const builds = others.map((other) => other.ref)
    const why = `no file of the ${builds.length} announced builds of version "${ref}" ${end}`
    return mismatch(file, why, { ...details, builds })
  }
  return mismatch(file, `no file of release "${ref}" ${end}`, { ...details, expected: others[0]?.sameName })
}

function mismatch(file: string, why: string, details: Readonly<Record<string, unknown>>): DistError {
  return new DistError('verify.failed', `Cannot verify "${file}": ${why}`, { details })
}
