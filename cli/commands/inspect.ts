import { writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { DistError } from '../../src/errors.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import { nameChecks } from '../../src/inspect/name-checks.ts'
import { defineCommand } from '../command.ts'
import { digestOfFile, withFileSource } from '../file-source.ts'
import { type Inspected, inspectionText } from '../inspection-text.ts'
import { claim } from '../target-file.ts'

export const command = defineCommand({
  summary: 'tell what the server would read from a file; works offline',
  description: 'Exit code 7 when a finding would keep a release with this file from being published.',
  args: { file: { help: 'the file' } },
  flags: {
    icon: { type: 'text', value: 'path', help: 'write the picture that the file carries' },
    force: { type: 'boolean', help: 'replace an existing picture' },
  },
  async run(context, args, flags) {
    const path = resolve(context.cwd, args.file)
    const { digest, stamp } = await digestOfFile(path, { signal: context.signal })
    const report = await withFileSource(path, (source) => inspectArtifact(source))
    const { inspection, icon } = report
    const checks = [...report.checks, ...nameChecks(basename(path), report)]
    if (flags.icon !== undefined) {
      const target = resolve(context.cwd, flags.icon)
      if (icon === undefined)
        throw new DistError(
          'artifact.not_found',
          `Cannot write ${flags.icon}: "${args.file}" carries no picture that can be shown`,
        )
      await claim(target, flags.force)
      await writeFile(target, icon)
    }
    const inspected: Inspected = {
      file: args.file,
      sizeBytes: stamp.sizeBytes,
      digest,
      inspection,
      checks,
    }
    const errors = checks.filter((check) => check.level === 'error')
    if (errors.length > 0) {
      if (!context.output.json) context.output.note(inspectionText(inspected).trimEnd())
      const [first, ...more] = errors
      const rest = more.length === 0 ? '' : `, and ${more.length} more ${more.length === 1 ? 'error' : 'errors'}`
      throw new DistError(
        'release.check_failed',
        `Cannot publish "${args.file}": ${first!.message} (${first!.code})${rest}`,
        { details: inspected },
      )
    }
    context.output.result(inspected, () => inspectionText(inspected))
    return 0
  },
})
