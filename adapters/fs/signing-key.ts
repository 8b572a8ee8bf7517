import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LAYOUT } from '../../src/blob/layout.ts'
import { fromHex, toHex } from '../../src/bytes/encoding.ts'
import { DataFolderError } from './data-folder.ts'
import { isErrorCode } from './open-file.ts'
import { writePrivateFile } from './private-file.ts'

const KEY_BYTES = 32

export interface SigningKey {
  readonly key: Uint8Array
  /** Other users of the machine may read the file. */
  readonly isExposed: boolean
}

/**
 * The key that this server signs with, from its data folder; undefined when none was made yet.
 * @throws DataFolderError when the file cannot be read or does not hold 32 bytes as hex: a shorter key could be guessed
 */
export async function readSigningKey(root: string): Promise<SigningKey | undefined> {
  const path = join(root, LAYOUT.signingKey)
  let text: string
  let mode: number
  try {
    text = await readFile(path, 'latin1')
    mode = (await stat(path)).mode
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined
    throw new DataFolderError(`Cannot read the signing key: ${(error as Error).message}`, { cause: error })
  }
  if (!/^[0-9a-f]{64}\n?$/.test(text)) {
    throw new DataFolderError(
      `Cannot use ${path}: expected ${KEY_BYTES} bytes as ${KEY_BYTES * 2} hex digits; put it back from a backup, or remove it for a new one, with which every share link ends`,
    )
  }
  return { key: fromHex(text.trimEnd()), isExposed: (mode & 0o077) !== 0 }
}

/**
 * Makes the key, durable before it is used. Only for the process that holds the lock of the data folder: two keys of
 * one folder would each call the other's links forged.
 * @throws DataFolderError
 */
export async function makeSigningKey(root: string): Promise<SigningKey> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
  try {
    await writePrivateFile(join(root, LAYOUT.signingKey), `${toHex(key)}\n`)
  } catch (error) {
    throw new DataFolderError(`Cannot write the signing key: ${(error as Error).message}`, { cause: error })
  }
  return { key, isExposed: false }
}
