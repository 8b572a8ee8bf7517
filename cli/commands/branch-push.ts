import { realpath } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { AttachArtifact } from '../../src/model/artifact.ts'
import { BRANCH_CATEGORIES, BranchKind, PushSlot } from '../../src/model/branch.ts'
import { INSTALL_MODES } from '../../src/model/inspection.ts'
import { FORMATS } from '../../src/model/platform.ts'
import { BRANCH_ARGS, branchPath } from '../branch-path.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { expiryDays } from '../expiry-days.ts'
import { Progress } from '../progress.ts'
import { checkFileNames } from '../publish/plan.ts'
import { handOver } from '../publish/step-outputs.ts'
import { pushedText, pushFile, pushOutputs, pushSummary } from '../push.ts'
import { fileStamp } from '../upload/file-source.ts'

export const command = defineCommand({
  summary: 'put a file into its slot of a branch build; what was there is replaced at once',
  description:
    'The slot is the platform and arch that the bytes tell; "any" where neither they nor --platform and --arch do.',
  examples: [
    'branch push acme-notes main out/acme-notes.AppImage',
    'branch push acme-notes pr/123 out/app.apk --expires 14d',
    'branch push acme-maps @acme/x@2 acme-x-2.1.0.tgz --kind line --category processing',
    'branch push acme-maps main acme-x-2.1.0.tgz --by-package',
  ],
  args: { ...BRANCH_ARGS, file: { help: 'the file' } },
  flags: {
    platform: { type: 'text', help: 'platform, where the bytes do not tell' },
    arch: { type: 'text', help: 'CPU architecture, where the bytes do not tell' },
    byPackage: { type: 'boolean', help: 'name it <package>@<branch>, by the package name in the bytes: @acme/x@main' },
    kind: {
      type: 'text',
      choices: BranchKind.options,
      help: 'what it is at its first push: branch (default), or line, which may be mirrored',
    },
    category: { type: 'text', choices: BRANCH_CATEGORIES, help: 'what it is for' },
    expires: { type: 'text', value: 'when', help: 'after this push: 12h, 14d, or never; as it was unless given' },
    format: { type: 'text', choices: FORMATS, help: 'format, where the bytes do not tell' },
    fileName: { type: 'text', value: 'name', help: 'name for downloads; the name of the file unless given' },
    install: { type: 'text', choices: INSTALL_MODES, help: 'a narrower install mode' },
  },
  hints: {
    'artifact.file_name': 'Give it another --file-name',
    'app.not_found': 'Create the app with "dist app create"',
  },
  async run(context, args, flags) {
    const { output, signal } = context
    branchPath(args)
    const { platform, arch, format, install, kind, category } = flags
    const fullPath = resolve(context.cwd, args.file)
    const fileName = flags.fileName ?? basename(fullPath).normalize('NFC')
    const { fileName: _name, ...declared } = checkedInput(AttachArtifact.omit({ uploadId: true }), {
      ...{ fileName, platform, arch, format, install },
    })
    const about = checkedInput(
      PushSlot.omit({ uploadId: true }),
      { kind, category, expiresInDays: expiryDays(flags.expires, 'usage.invalid') },
      { names: { expiresInDays: '--expires' } },
    )
    await fileStamp(fullPath)
    const file = { path: await realpath(fullPath), shownPath: args.file, fileName, declared }
    checkFileNames([file], 'usage.invalid')
    const progress = new Progress(output)
    const deps = { client: () => context.client(), progress, signal }
    try {
      const pushed = await pushFile(args, file, about, deps, flags.byPackage)
      progress.end()
      for (const { level, message, code } of pushed.slot.checks) {
        if (level === 'warning') output.warn(`${pushed.slot.fileName}: ${message} (${code})`)
      }
      const problems = await handOver(pushOutputs(pushed), pushSummary(pushed), context.env)
      for (const problem of problems) output.warn(problem)
      output.result(pushed, () => pushedText(pushed, Date.now()))
      return 0
    } finally {
      progress.end()
    }
  },
})
