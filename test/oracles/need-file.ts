import { existsSync } from 'node:fs'
import { needPrograms } from '../helpers/debian.ts'

/** Installs Debian packages of which a file is needed that is no program. */
export function needFiles(packageOf: Readonly<Record<string, string>>): void {
  // No file that is missing is found as a program either.
  needPrograms(Object.fromEntries(Object.entries(packageOf).filter(([file]) => !existsSync(file))))
}
