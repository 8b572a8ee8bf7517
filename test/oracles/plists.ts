import { join } from 'node:path'
import { ROOT } from '../../scripts/source-files.ts'
import { told } from './tool.ts'

/** What Python says of a property list: `{data}` stands for bytes in base64, `{date}` for an instant. */
export interface PlistAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: whatever the file holds
  readonly value?: any
  readonly error?: string
}

/** Python's own reader, in the order of the files. */
export async function plistlibSays(files: readonly string[]): Promise<PlistAnswer[]> {
  if (files.length === 0) return []
  const lines = String(await told('/usr/bin/python3', [join(ROOT, 'test/oracles/plist_facts.py'), ...files]))
  return lines
    .trim()
    .split('\n')
    .map((line): PlistAnswer => JSON.parse(line))
}
