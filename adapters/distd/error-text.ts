import { DistError } from '../../src/errors.ts'
import { DataFolderError } from '../fs/data-folder.ts'
import { DataFolderLockedError } from '../fs/lock.ts'
import { ListenError } from './serve.ts'
import { UsageError } from './settings.ts'

/** What a failed command says on stderr: one line of words, or with `--json` the document that `dist` prints too. */
export function errorText(error: unknown, isJson: boolean): string {
  const message = messageOf(error)
  if (!isJson) return `distd: ${message}\n`
  const { code, hint, details } =
    error instanceof DistError
      ? error
      : { code: error instanceof UsageError ? 'usage.invalid' : 'internal', hint: undefined, details: undefined }
  return `${JSON.stringify({ error: { code, message, hint, details } })}\n`
}

function messageOf(error: unknown): string {
  const isExpected =
    error instanceof UsageError ||
    error instanceof DistError ||
    error instanceof ListenError ||
    error instanceof DataFolderLockedError ||
    error instanceof DataFolderError
  return isExpected ? error.message : error instanceof Error ? causes(error) : String(error)
}

function causes(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${causes(error.cause)}` : error.message
}
