import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DistError } from '../../src/errors.ts'
import { fileNameProblem } from '../../src/model/file-name.ts'
import { systemCode } from '../system-error.ts'
import { unwritable } from '../target-file.ts'

/**
 * Where a download goes.
 * @param output what was asked for: a file or a folder; the working folder unless given
 * @throws DistError `server.nonsense` for a name that would leave the folder: names come from the server
 */
export async function targetPath(cwd: string, output: string | undefined, fileName: string): Promise<string> {
  if (output !== undefined && !output.endsWith('/') && !(await isFolder(resolve(cwd, output))))
    return resolve(cwd, output)
  const problem = fileNameProblem(fileName)
  if (problem !== undefined) {
    throw new DistError(
      'server.nonsense',
      `Cannot write the file under its name ${JSON.stringify(fileName)}: ${problem}`,
      {
        hint: 'Choose a name with --output',
      },
    )
  }
  return join(resolve(cwd, output ?? '.'), fileName)
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw unwritable(path, error)
  }
}
