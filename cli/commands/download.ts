import { parseDigest } from '../../src/bytes/digest.ts'
import type { Release } from '../../src/model/release.ts'
import { sizeText } from '../../src/model/size.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { downloadBranch } from '../download/branch.ts'
import { chooseArtifact } from '../download/choose.ts'
import { resolveTarget } from '../download/resolve.ts'
import { saveVerified } from '../download/save.ts'
import { saveOptions } from '../download/save-options.ts'
import { parseTarget } from '../download/target.ts'
import { targetPath } from '../download/target-path.ts'

export const command = defineCommand({
  summary: 'download a file, verified; an interrupted download is continued',
  description: 'The file appears when its size and SHA-256 are those of the release, or not at all.',
  examples: [
    'download acme-notes --platform linux --arch x64',
    'download acme-notes@beta --format apk -o build/',
    'download acme-notes@1.4.0+1040 --file notes.tar.gz',
    'download acme-notes --branch pr/123 --platform linux --arch x64',
  ],
  args: { target: { help: 'app, app@channel or app@version[+build]; the latest release unless given' } },
  flags: {
    platform: { type: 'text', help: 'android, ios, macos, windows, linux or any' },
    arch: { type: 'text', help: 'x64, arm64, arm, x86, riscv64, universal or any' },
    format: { type: 'text', help: 'apk, deb, tar.gz, …' },
    file: { type: 'text', value: 'name', help: 'exact file name' },
    branch: { type: 'text', value: 'name', help: 'a branch build in place of a release; it has no versions' },
    output: {
      type: 'text',
      short: 'o',
      value: 'path',
      help: 'file or folder; the file name in this folder unless given',
    },
    force: { type: 'boolean', help: 'replace a file with other bytes' },
  },
  async run(context, args, flags) {
    if (flags.branch !== undefined) return downloadBranch(context, args.target, flags.branch, flags)
    const target = parseTarget(args.target)
    const client = await context.client({ anonymous: true })
    const release = await resolveTarget(client, target)
    const artifact = chooseArtifact(release.artifacts, flags)
    const { output } = context
    if (release.state === 'yanked')
      output.warn(`${release.app} ${release.ref} was yanked: ${release.yankReason ?? 'no reason given'}`)
    const path = await targetPath(context.cwd, flags.output, artifact.fileName)
    const url = bytesPath(release, artifact.fileName)
    const saved = await saveVerified(
      path,
      {
        sizeBytes: artifact.sizeBytes,
        digest: parseDigest(artifact.digest),
        open: (headers) => client.download(url, { headers }),
      },
      saveOptions(client, context.signal, flags.force),
    )
    const { fileName, sizeBytes, digest, platform, arch, format } = artifact
    const result = {
      app: release.app,
      ref: release.ref,
      artifact: { fileName, sizeBytes, digest, platform, arch, format },
      path,
      ...saved,
    }
    output.result(result, () => {
      const how = saved.written ? sizeText(sizeBytes) : 'there already'
      return [path, `${release.app} ${release.ref}, ${how}, ${digest} verified`]
    })
    return 0
  },
})

/** A draft has no release URL that answers; its set URL does. */
function bytesPath(release: Release, fileName: string): string {
  const set = release.state === 'draft' && release.setUrl !== null ? new URL(release.setUrl).pathname : undefined
  const folder = set ?? `/${segment(release.app)}/releases/${segment(release.ref)}`
  return `${folder}/${segment(fileName)}`
}
