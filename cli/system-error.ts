/** Words that say all there is to say. */
const PLAIN: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOSPC: 'no space left on the device',
}

/** Words for people; the code goes with them, because it is what people search for. */
const CODED: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'the system does not allow it',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'symbolic links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  EROFS: 'the file system is read-only',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file is too large for the file system',
  EMFILE: 'too many files are open',
  EBUSY: 'it is in use',
  EIO: 'the device failed',
}

/** The code of a failure of the operating system, such as `EACCES`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined
}

/** Why the operating system did not do something, as the end of a sentence. */
export function systemReason(error: unknown): string {
  const code = systemCode(error)
  if (code === undefined) return error instanceof Error ? error.message : String(error)
  const plain = PLAIN[code]
  if (plain !== undefined) return plain
  const words = CODED[code]
  return words === undefined ? `the system answers ${code}` : `${words} (${code})`
}
