import type { PublishResult } from '../../src/model/publish-result.ts'
import type { Release } from '../../src/model/release.ts'

/** What was done, as `--json` prints it. */
export function publishResultOf(done: {
  readonly created: boolean
  readonly app: PublishResult['app']
  readonly release: Release
  /** Names of the files whose bytes were sent. */
  readonly sent: ReadonlySet<string>
  readonly channel: PublishResult['channel']
}): PublishResult {
  const { id, ref, version, build, state, url, setUrl, previewUrl, artifacts, links } = done.release
  return {
    created: done.created,
    app: { id: done.app.id, slug: done.app.slug },
    release: { id, ref, version, build, state, url, setUrl, previewUrl },
    artifacts: artifacts.map((artifact) => ({
      id: artifact.id,
      fileName: artifact.fileName,
      kind: artifact.kind,
      platform: artifact.platform,
      arch: artifact.arch,
      format: artifact.format,
      sizeBytes: artifact.sizeBytes,
      digest: artifact.digest,
      describes: artifact.describes,
      url: artifact.url,
      uploaded: done.sent.has(artifact.fileName),
      install: artifact.install,
      inspection: artifact.inspection,
      checks: artifact.checks,
    })),
    links,
    channel: done.channel,
    repositories: [],
  }
}
