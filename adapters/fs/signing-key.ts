import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LAYOUT } from '../../src/blob/layout.ts'
import { fromHex, toHex } from '../../src/bytes/encoding.ts'
import { DataFolderError } from './data-folder.ts'
import { isErrorCode, syncFolder } from './open-file.ts'

const KEY_BYTES = 32

/**
 * The key that this server signs with, from its data folder; made at the first start and durable before it is used.
 * @throws DataFolderError when the file does not hold 32 bytes as hex: a shorter key could be guessed
 */
export async function loadSigningKey(root: string): Promise<Uint8Array> {
  const path = join(root, LAYOUT.signingKey)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (!isErrorCode(error, 'ENOENT')) throw error
    return makeSigningKey(path)
  }
  if (!/^[0-9a-f]{64}\n?$/.test(text)) {
    throw new DataFolderError(`Cannot use ${path}: expected ${KEY_BYTES} bytes as ${KEY_BYTES * 2} hex digits`)
  }
  return fromHex(text.trim())
}

async function makeSigningKey(path: string): Promise<Uint8Array> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(`${toHex(key)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncFolder(dirname(path))
  return key
}
