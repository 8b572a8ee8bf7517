import { basename, resolve } from 'node:path'
import { Artifact, ArtifactKind, AttachArtifact } from '../../src/model/artifact.ts'
import { INSTALL_MODES } from '../../src/model/inspection.ts'
import { FORMATS } from '../../src/model/platform.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { DRAFT_ARGS, releasePath } from '../release-path.ts'
import { artifactTable } from '../release-text.ts'
import { digestOfFile } from '../upload/file-source.ts'
import { uploadFile } from '../upload/upload.ts'

/** Stands where the id of the upload will be, while the rest of the request is checked. */
const NO_UPLOAD_YET = `upl_${'0'.repeat(26)}`

export const command = defineCommand({
  summary: 'upload a file into a draft',
  examples: ['release attach acme-notes rel_… out/app-release.apk'],
  args: { ...DRAFT_ARGS, file: { help: 'the file' } },
  flags: {
    fileName: { type: 'text', value: 'name', help: 'its name in the release; the name of the file unless given' },
    platform: { type: 'text', help: 'platform, where the bytes do not tell' },
    arch: { type: 'text', help: 'CPU architecture, where the bytes do not tell' },
    format: { type: 'text', choices: FORMATS, help: 'format, where the bytes do not tell' },
    variant: { type: 'text', help: 'tells builds of one platform apart, such as musl' },
    kind: { type: 'text', choices: ArtifactKind.options, help: 'what it is, if it is not the app' },
    describes: { type: 'text', value: 'name', help: 'name of the file that it is about' },
    install: { type: 'text', choices: INSTALL_MODES, help: 'a narrower install mode' },
  },
  hints: {
    'artifact.platform_unknown': 'Give --platform (and --arch) for this file',
    'artifact.file_name': 'Give it another --file-name',
  },
  async run(context, args, flags) {
    const path = resolve(context.cwd, args.file)
    const fileName = flags.fileName ?? basename(path).normalize('NFC')
    const input = checkedInput(AttachArtifact, { ...flags, fileName, uploadId: NO_UPLOAD_YET })
    const { digest, stamp } = await digestOfFile(path, { signal: context.signal })
    const client = await context.client()
    const { upload, sent } = await uploadFile(client, { path, fileName, digest, stamp }, () => {})
    const json = { ...input, uploadId: upload.id }
    const artifact = await changeRelease(client, args, () =>
      client.post(Artifact, `${releasePath(args)}/artifacts`, json),
    )
    for (const check of artifact.checks) {
      if (check.level !== 'info') context.output.warn(`${fileName}: ${check.message} (${check.code})`)
    }
    context.output.result({ ...artifact, uploaded: sent }, () => artifactTable([artifact]))
    return 0
  },
})
