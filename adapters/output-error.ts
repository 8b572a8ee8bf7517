import { DistError } from '../src/errors.ts'

/** What `dist` says too when there is no room for what it prints. */
export function outputError(cause: unknown): DistError {
  const { code } = cause as { code?: string }
  const why = code === 'ENOSPC' ? 'no space left on the device' : `the system answers ${code ?? String(cause)}`
  return new DistError('output.unwritable', `Cannot write the output: ${why}`, { cause })
}
