import { resolve } from 'node:path'
import { DistError } from '../../src/errors.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import { defineCommand } from '../command.ts'
import { digestOfFile, withFileSource } from '../file-source.ts'
import { type Inspected, inspectionText } from '../inspection-text.ts'

export const command = defineCommand({
  summary: 'tell what the server would read from a file; works offline',
  description: 'Exit code 7 when a finding would keep a release with this file from being published.',
  args: { file: { help: 'the file' } },
  flags: {},
  async run(context, args) {
    const path = resolve(context.cwd, args.file)
    const { digest, stamp } = await digestOfFile(path, { signal: context.signal })
    const { inspection, checks } = await withFileSource(path, (source) => inspectArtifact(source))
    const inspected: Inspected = {
      file: args.file,
      sizeBytes: stamp.sizeBytes,
      digest,
      inspection,
      checks: [...checks],
    }
    const errors = checks.filter((check) => check.level === 'error')
    if (errors.length > 0) {
      if (!context.output.json) context.output.note(inspectionText(inspected).trimEnd())
      const sentences = errors.map((check) => `${check.message} (${check.code})`).join('; ')
      throw new DistError('release.check_failed', `Cannot publish "${args.file}": ${sentences}`, { details: inspected })
    }
    context.output.result(inspected, () => inspectionText(inspected))
    return 0
  },
})
