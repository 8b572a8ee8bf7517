import { realpath } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { DistError } from '../../src/errors.ts'
import { INSTALL_MODES } from '../../src/model/inspection.ts'
import { Manifest } from '../../src/model/manifest.ts'
import { FORMATS } from '../../src/model/platform.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { readNotes } from '../manifest/notes.ts'
import { sourceFromCi } from '../publish/ci-environment.ts'
import { runPublish } from '../publish/command.ts'
import { checkFileNames, checkTag, type PlannedFile, planOf } from '../publish/plan.ts'
import { RESERVED_HINT } from '../publish/seal.ts'
import { fileStamp } from '../upload/file-source.ts'
import { versionHint } from '../version-hint.ts'

export const command = defineCommand({
  summary: 'publish files without a dist.json',
  description:
    'As "dist ci publish", with flags in place of a manifest. --platform, --arch, --format and --variant hold for all files.',
  examples: [
    'publish out/app-release.apk --app notes --version 1.4.0 --build 1040 --channel beta',
    'publish tool.tar.gz --app tool --version 2.0 --platform linux --arch x64',
  ],
  args: { files: { help: 'the files', many: true } },
  flags: {
    app: { type: 'text', value: 'slug', help: 'the app; it is created when it is not there', required: true },
    version: { type: 'text', value: 'version', help: 'version of the release', required: true },
    build: { type: 'text', value: 'build', help: 'build of the version' },
    tag: { type: 'text', value: 'tag', help: 'the tag it was built from' },
    prerelease: { type: 'boolean', help: 'never offer it as the latest release' },
    channel: { type: 'text', value: 'name', help: 'move this channel to the release' },
    notes: { type: 'text', value: 'markdown', help: 'release notes' },
    notesFile: { type: 'text', value: 'file', help: 'release notes: the section of this version, if the file has one' },
    name: { type: 'text', value: 'name', help: 'name of the app when it is created' },
    visibility: {
      type: 'text',
      help: 'visibility of the app when it is created',
      choices: ['private', 'unlisted', 'public'],
    },
    platform: { type: 'text', value: 'platform', help: 'platform, where the bytes do not tell' },
    arch: { type: 'text', value: 'arch', help: 'CPU architecture, where the bytes do not tell' },
    format: { type: 'text', value: 'format', help: 'format, where the bytes do not tell', choices: FORMATS },
    variant: { type: 'text', value: 'variant', help: 'tells builds of one platform apart, such as musl' },
    install: { type: 'text', value: 'mode', help: 'a narrower install mode', choices: INSTALL_MODES },
    announce: { type: 'boolean', help: 'announce it, which is the default', negatable: true },
  },
  hints: {
    'artifact.platform_unknown': 'Give --platform (and --arch) for this file',
    'artifact.file_name': 'Rename the file, or give it a "fileName" in a dist.json',
    'release.reserved': RESERVED_HINT,
    'release.tag_mismatch': 'Take --version (and --build) from the tag, or leave out --tag',
  },
  async run(context, args, flags) {
    if (flags.notes !== undefined && flags.notesFile !== undefined) {
      throw new DistError('usage.invalid', 'Cannot use --notes and --notes-file together')
    }
    if (flags.channel !== undefined && flags.announce === false) {
      throw new DistError('usage.invalid', 'Cannot use --channel and --no-announce together', {
        hint: 'A channel points only at announced releases',
      })
    }
    const { app, version, build, tag, channel, name, visibility, announce } = flags
    const { platform, arch, format, variant, install } = flags
    const manifest = checkedInput(
      Manifest,
      {
        schema: 1,
        ...{ app, version, build, tag, channel, name, visibility, announce, notes: flags.notes },
        prerelease: flags.prerelease || undefined,
        artifacts: args.files.map((path) => ({ path, platform, arch, format, variant, install })),
      },
      { names: { artifacts: 'files', 'artifacts.path': 'files' }, hint: versionHint(version, '--version ') },
    )
    checkTag(manifest)
    const files = await Promise.all(
      (manifest.artifacts ?? []).map(async ({ path, many: _many, fileName: _fileName, apt: _apt, ...declared }) => {
        const full = resolve(context.cwd, path)
        await fileStamp(full)
        const file: PlannedFile = {
          path: await realpath(full),
          shownPath: path,
          fileName: basename(full).normalize('NFC'),
          declared,
        }
        return file
      }),
    )
    checkFileNames(files, 'usage.invalid')
    const notes =
      flags.notesFile === undefined
        ? flags.notes
        : await readNotes(resolve(context.cwd, flags.notesFile), flags.notesFile, manifest)
    return runPublish(context, planOf(manifest, { notes, source: sourceFromCi(context.env), files, links: [] }))
  },
})
