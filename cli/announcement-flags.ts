import { resolve } from 'node:path'
import type { Context } from './command.ts'
import { readText } from './text-file.ts'

/** As the schema of the body has it. Bytes. */
const MAX_BODY_BYTES = 262_144

/** What an announcement says. */
export const ANNOUNCEMENT_FLAGS = {
  title: { type: 'text', help: 'one line; the names of the releases when there is none' },
  body: {
    type: 'text',
    value: 'file',
    help: 'what there is to say, in Markdown; the release notes when there is none',
  },
} as const

/** The text of `--body`, when there is one. @throws DistError file.unreadable */
export async function readBody(context: Pick<Context, 'cwd'>, file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : readText(resolve(context.cwd, file), MAX_BODY_BYTES, 'file.unreadable')
}
