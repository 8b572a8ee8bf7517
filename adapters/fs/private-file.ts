import { rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { closing, createPrivate, removeFile, syncFolder } from './open-file.ts'

/**
 * Puts a small file in its place, private (mode 0600), whole or not at all, and durable when this resolves. Only the
 * process that holds the lock of the data folder may call it for a path of that folder.
 * @throws the machine's error
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`
  // Of a process that was killed; with the mode that anybody gave it.
  await removeFile(temporary)
  const file = await createPrivate(temporary)
  try {
    await closing(file, async () => {
      await file.writeFile(text)
      await file.sync()
    })
    await rename(temporary, path)
  } catch (error) {
    // A secret that nobody is told of must not lie around.
    await removeFile(temporary).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}
