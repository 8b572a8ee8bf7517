import { z } from 'zod'
import { isReservedFileName } from './reserved.ts'
import { byteLength, controlOrBidiIn, invisibleIn } from './text.ts'

/** Names that Windows cannot store, with or without an extension. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$/i

/**
 * Why a file name is refused, as the end of a sentence; undefined when it is fine.
 *
 * A file name is a label for people and clients, never a path on the server. It must still be safe to store on any
 * client: at most 200 bytes of NFC UTF-8, no separators, no control, bidi or invisible characters, no leading dot or dash, no
 * trailing dot or space, not a Windows device, not a word that URLs use.
 */
export function fileNameProblem(name: string): string | undefined {
  if (name.length === 0) return 'it is empty'
  if (!name.isWellFormed()) return 'it is not well-formed Unicode'
  if (byteLength(name) > 200) return 'it is longer than 200 bytes'
  const control = controlOrBidiIn(name)
  if (control !== undefined) return `it has control or bidirectional formatting characters (${control})`
  const invisible = invisibleIn(name)
  if (invisible !== undefined) return `it has invisible characters (${invisible})`
  if (/[\\/:*?"<>|%;#]/.test(name)) return 'it has one of \\ / : * ? " < > | % ; #'
  if (name.normalize('NFC') !== name) return 'it is not in Unicode normalization form C'
  if (/^[.\-~\s]/u.test(name)) return 'it starts with a dot, dash, tilde or space'
  if (/[.\s]$/u.test(name)) return 'it ends with a dot or space'
  if (WINDOWS_DEVICE.test(name)) return 'it is the name of a Windows device'
  if (isReservedFileName(name)) return 'it is a reserved word'
  return undefined
}

/** What must be unique within a release: names that differ only in case clash on macOS and Windows. */
export function fileNameKey(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

export const FileName = z.string().superRefine((name, context) => {
  const problem = fileNameProblem(name)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `is not allowed: ${problem}` })
})
