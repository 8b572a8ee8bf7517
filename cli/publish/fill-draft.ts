import { Artifact, Link, type LinkInput } from '../../src/model/artifact.ts'
import { archFrom, platformFrom } from '../../src/model/platform.ts'
import type { Release } from '../../src/model/release.ts'
import { type Client, segment } from '../client.ts'
import { optional } from '../optional.ts'
import { inParallel } from '../pool.ts'
import { releasePath } from '../release-path.ts'
import { useUpload } from '../upload/use-upload.ts'
import type { ExaminedFile } from './examine.ts'

/** Files sent at a time; the client bounds requests on top. */
const PARALLEL_UPLOADS = 4

/** API path of a draft, which has no other name than its id. */
export function draftPath(draft: Release): string {
  return releasePath({ app: draft.app, ref: draft.id })
}

/**
 * Brings files into a draft; those that are in it as they are declared stay.
 * @param sent takes the names of the files whose bytes were sent, also when a later one fails
 */
export async function attachFiles(
  client: Client,
  draft: Release,
  files: readonly ExaminedFile[],
  sent: Set<string>,
): Promise<void> {
  // Files that describe others come after those.
  for (const wave of [files.filter((f) => !f.declared.describes), files.filter((f) => f.declared.describes)]) {
    await inParallel(wave, PARALLEL_UPLOADS, async (file) => {
      if (await attach(client, draft, file)) sent.add(file.fileName)
    })
  }
}

export async function addLinks(client: Client, draft: Release, links: readonly LinkInput[]): Promise<void> {
  for (const link of links) {
    if (!draft.links.some((there) => isSame(there, link))) await client.post(Link, `${draftPath(draft)}/links`, link)
  }
}

/** Takes out of a draft what is not planned: an earlier plan of this release put it there. */
export async function removeUnplanned(
  client: Client,
  draft: Release,
  planned: { readonly isFile: (fileName: string) => boolean; readonly links: readonly LinkInput[] },
): Promise<void> {
  const path = draftPath(draft)
  for (const { fileName } of draft.artifacts) {
    if (planned.isFile(fileName)) continue
    await optional(client.send('DELETE', `${path}/artifacts/${segment(fileName)}`), 'artifact.not_found')
  }
  for (const there of draft.links) {
    if (planned.links.some((link) => isSame(there, link))) continue
    await optional(client.send('DELETE', `${path}/links/${segment(there.id)}`), 'artifact.not_found')
  }
}

function isSame(one: LinkInput, other: LinkInput): boolean {
  return one.kind === other.kind && one.platform === other.platform && one.url === other.url
}

/** Brings one file into the draft. @returns whether bytes were sent */
async function attach(client: Client, draft: Release, file: ExaminedFile): Promise<boolean> {
  const path = draftPath(draft)
  const before = draft.artifacts.find((artifact) => artifact.fileName === file.fileName)
  if (before) {
    if (before.digest === file.digest && isAsDeclared(before, file)) {
      file.report('already there')
      return false
    }
    // An earlier run put it there with other words about it.
    await client.send('DELETE', `${path}/artifacts/${segment(file.fileName)}`)
  }
  const { sent } = await useUpload(client, file, (uploadId) =>
    client.post(Artifact, `${path}/artifacts`, { uploadId, fileName: file.fileName, ...file.declared }),
  )
  return sent
}

function isAsDeclared(artifact: Artifact, { declared }: ExaminedFile): boolean {
  const { kind, platform, arch, format, install } = declared
  return (
    (kind === undefined || artifact.kind === kind) &&
    artifact.variant === (declared.variant ?? null) &&
    artifact.describes === (declared.describes ?? null) &&
    (platform === undefined || artifact.platform === platformFrom(platform)) &&
    (arch === undefined || artifact.arch === archFrom(arch)) &&
    (format === undefined || artifact.format === format) &&
    (install === undefined || artifact.install.mode === install)
  )
}
