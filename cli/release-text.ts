import type { Artifact } from '../src/model/artifact.ts'
import type { Release } from '../src/model/release.ts'
import { sizeText } from '../src/model/size.ts'
import { age } from './age.ts'
import { fields } from './fields.ts'
import { printable, table } from './width.ts'

/** A release for people: its facts, its files, and the findings that are not mere information. */
export function releaseText(release: Release, nowMs: number): string {
  const facts = fields({
    release: `${release.app} ${release.ref}`,
    state: `${release.state}${release.prerelease ? ', prerelease' : ''}`,
    id: release.id,
    tag: release.tag,
    created: `${release.createdAt} (${age(release.createdAt, nowMs)})`,
    published: release.publishedAt,
    announced: release.announcedAt,
    yanked: release.yankedAt && `${release.yankedAt}: ${release.yankReason ?? ''}`,
    commit: release.source.commit,
    branch: release.source.branch,
    run: release.source.url,
    page: release.url,
    set: release.setUrl,
    preview: release.previewUrl,
    reserved: release.reservedUntil && `until ${release.reservedUntil}`,
  })
  const files = release.artifacts.length === 0 ? '' : `\n${artifactTable(release.artifacts)}`
  const links =
    release.links.length === 0
      ? ''
      : `\n${table(
          ['LINK', 'PLATFORM', 'ID', 'URL'],
          release.links.map((link) => [link.kind, link.platform, link.id, link.url]),
        )}`
  const notes = release.notes.trim() === '' ? '' : `\n${quoted(release.notes.trimEnd())}`
  return `${facts}${files}${findings(release.artifacts)}${links}${notes}`
}

export function artifactTable(artifacts: readonly Artifact[]): string {
  return table(
    ['FILE', 'PLATFORM', 'ARCH', 'FORMAT', 'SIZE', 'SHA-256'],
    artifacts.map((artifact) => [
      artifact.fileName,
      artifact.platform,
      artifact.variant === null ? artifact.arch : `${artifact.arch}, ${artifact.variant}`,
      formatText(artifact),
      sizeText(artifact.sizeBytes),
      artifact.digest.slice('sha256:'.length, 'sha256:'.length + 12),
    ]),
  )
}

/** The format, and what the file is when that is neither the app nor said by the format. */
function formatText({ format, kind }: Artifact): string {
  return kind === 'app' || kind === format ? format : `${format}, ${kind}`
}

function findings(artifacts: readonly Artifact[]): string {
  const rows = artifacts.flatMap((artifact) =>
    artifact.checks
      .filter((check) => check.level !== 'info')
      .map((check) => [check.level, artifact.fileName, check.code, check.message]),
  )
  return rows.length === 0 ? '' : `\n${table(['LEVEL', 'FILE', 'CHECK', 'FINDING'], rows)}`
}

/** Lines of somebody else, told from ours by a bar before each of them. */
export function quoted(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => `${`| ${printable(line.replaceAll('\t', '    '))}`.trimEnd()}\n`)
    .join('')
}

/** Platforms of a release as one short text. */
export function platformsOf(release: Release): string {
  return [...new Set([...release.artifacts, ...release.links].map((item) => item.platform))].sort().join(' ')
}
