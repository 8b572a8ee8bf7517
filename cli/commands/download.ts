import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseDigest } from '../../src/bytes/digest.ts'
import { DistError } from '../../src/errors.ts'
import { fileNameProblem } from '../../src/model/file-name.ts'
import type { Release } from '../../src/model/release.ts'
import { sizeText } from '../../src/model/size.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { chooseArtifact } from '../download/choose.ts'
import { resolveTarget } from '../download/resolve.ts'
import { saveVerified } from '../download/save.ts'
import { parseTarget } from '../download/target.ts'
import { digestOfFile } from '../file-source.ts'
import { systemCode } from '../system-error.ts'
import { unwritable } from '../target-file.ts'

export const command = defineCommand({
  summary: 'download a file, verified; an interrupted download is continued',
  description: 'The file appears when its size and SHA-256 are those of the release, or not at all.',
  examples: [
    'download acme-notes --platform linux --arch x64',
    'download acme-notes@beta --format apk -o build/',
    'download acme-notes@1.4.0+1040 --file notes.tar.gz',
  ],
  args: { target: { help: 'app, app@channel or app@version[+build]; the latest release unless given' } },
  flags: {
    platform: { type: 'text', help: 'android, ios, macos, windows, linux or any' },
    arch: { type: 'text', help: 'x64, arm64, arm, x86, riscv64, universal or any' },
    format: { type: 'text', help: 'apk, deb, tar.gz, …' },
    file: { type: 'text', value: 'name', help: 'exact file name' },
    output: {
      type: 'text',
      short: 'o',
      value: 'path',
      help: 'file or folder; the file name in this folder unless given',
    },
    force: { type: 'boolean', help: 'replace a file with other bytes' },
  },
  async run(context, args, flags) {
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
      {
        force: flags.force,
        retries: client.retries,
        signal: context.signal,
        digestFile: async (file) => (await digestOfFile(file, { signal: context.signal })).digest,
        pause: (attempt) => client.backOff(attempt),
      },
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

/** @throws DistError `server.nonsense` for a name that would leave the folder: names come from the server */
async function targetPath(cwd: string, output: string | undefined, fileName: string): Promise<string> {
  if (output !== undefined && !output.endsWith('/') && !(await isFolder(resolve(cwd, output))))
    return resolve(cwd, output)
  const problem = fileNameProblem(fileName)
  if (problem !== undefined) {
    throw new DistError(
      'server.nonsense',
      `Cannot write the file under its name ${JSON.stringify(fileName)}: ${problem}`,
      {
        hint: 'Choose a name with --output',
      },
    )
  }
  return join(resolve(cwd, output ?? '.'), fileName)
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw unwritable(path, error)
  }
}
