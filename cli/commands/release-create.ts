import { resolve } from 'node:path'
import { DistError } from '../../src/errors.ts'
import { CreateRelease, Release } from '../../src/model/release.ts'
import { checkedInput } from '../checked-input.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { readNotes } from '../manifest/notes.ts'
import { sourceFromCi } from '../publish/ci-environment.ts'
import { versionHint } from '../version-hint.ts'

export const command = defineCommand({
  summary: 'begin a draft, step by step instead of "dist ci publish"',
  description:
    'The steps: release create, attach, publish, announce; then channel promote. Drafts are named by their id.',
  examples: ['release create acme-notes 1.4.0 --build 1040 --json | jq -r .id'],
  args: { app: { help: 'slug of the app' }, version: { help: 'version' } },
  flags: {
    build: { type: 'text', help: 'build of the version' },
    tag: { type: 'text', help: 'the tag it was built from' },
    prerelease: { type: 'boolean', help: 'never offer it as the latest release' },
    notes: { type: 'text', value: 'markdown', help: 'release notes' },
    notesFile: { type: 'text', value: 'file', help: 'release notes: the section of this version, if the file has one' },
  },
  async run(context, args, flags) {
    if (flags.notes !== undefined && flags.notesFile !== undefined) {
      throw new DistError('usage.invalid', 'Cannot use --notes and --notes-file together')
    }
    const about = { version: args.version, build: flags.build, tag: flags.tag }
    const notes =
      flags.notesFile === undefined
        ? flags.notes
        : await readNotes(resolve(context.cwd, flags.notesFile), flags.notesFile, about)
    const prerelease = flags.prerelease || undefined
    const input = checkedInput(
      CreateRelease,
      { ...about, prerelease, notes, source: sourceFromCi(context.env) },
      { names: { version: 'version' }, hint: versionHint(args.version, '') },
    )
    const client = await context.client()
    // A repeated request finds the draft that a lost answer told of.
    const idempotencyKey = crypto.randomUUID()
    const draft = await client.post(Release, `/apps/${segment(args.app)}/releases`, input, { idempotencyKey })
    context.output.result(draft, () => [`${draft.id}`])
    return 0
  },
})
