import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { DistError } from '../../src/errors.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import { nameChecks } from '../../src/inspect/name-checks.ts'
import { defineCommand } from '../command.ts'
import { type Inspected, inspectionText } from '../inspection-text.ts'
import { writeTarget } from '../target-file.ts'
import { digestOfFile, withFileSource } from '../upload/file-source.ts'

export const command = defineCommand({
  summary: 'tell what the server would read from a file; works offline',
  description:
    'Exit code 7 when a finding would keep a release with this file from being published; the report is then on stderr,\n' +
    'with --json in .error.details of the line there.',
  args: { file: { help: 'the file' } },
  flags: {
    icon: { type: 'text', value: 'path', help: 'write the picture that the file carries' },
    force: { type: 'boolean', help: 'replace an existing picture' },
  },
  async run(context, args, flags) {
    const { output } = context
    const path = resolve(context.cwd, args.file)
    const picture = flags.icon === undefined ? undefined : resolve(context.cwd, flags.icon)
    if (picture !== undefined && (await isSameFile(path, picture))) {
      throw new DistError('usage.invalid', `Cannot write the picture to "${flags.icon}": it is the inspected file`)
    }
    const { digest, stamp } = await digestOfFile(path, { signal: context.signal })
    const report = await withFileSource(path, (source) => inspectArtifact(source))
    const checks = [...report.checks, ...nameChecks(basename(path), report)]
    const { inspection, icon } = report
    const inspected: Inspected = { file: args.file, sizeBytes: stamp.sizeBytes, digest, inspection, checks }
    const problem = picture === undefined ? undefined : await writePicture(picture, icon, args.file, flags.force)
    const errors = checks.filter((check) => check.level === 'error')
    const [first, ...more] = errors
    if (first === undefined && problem === undefined) {
      output.result(inspected, () => inspectionText(inspected))
      return 0
    }
    // The report is told whatever else went wrong: here, or with the error as its details.
    if (!output.json) output.block(inspectionText(inspected))
    if (first === undefined) {
      const { code, message, hint } = problem!
      throw new DistError(code, message, {
        details: inspected,
        ...(hint === undefined ? {} : { hint }),
        cause: problem,
      })
    }
    if (problem !== undefined) output.warn(problem.message, problem.hint)
    const rest = more.length === 0 ? '' : `, and ${more.length} more ${more.length === 1 ? 'error' : 'errors'}`
    throw new DistError(
      'release.check_failed',
      `Cannot publish "${args.file}": ${first.message} (${first.code})${rest}`,
      { details: inspected },
    )
  },
})

/** Writes the picture of a file. @returns why it is not there, where something is wrong that has words */
async function writePicture(
  path: string,
  picture: Uint8Array | undefined,
  file: string,
  force: boolean,
): Promise<DistError | undefined> {
  if (picture === undefined)
    return new DistError('artifact.not_found', `Cannot write "${path}": "${file}" carries no picture that can be shown`)
  try {
    await writeTarget(path, picture, force)
    return undefined
  } catch (error) {
    if (error instanceof DistError) return error
    throw error
  }
}

/** Whether two paths lead to one file, also by links. */
async function isSameFile(a: string, b: string): Promise<boolean> {
  if (a === b) return true
  const [one, other] = await Promise.all([a, b].map((path) => stat(path, { bigint: true }).catch(() => undefined)))
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino
}
