import { DistError } from '../../errors.ts'
import type { Reads } from '../../store/open.ts'
import { findUserById, findUserByName, type UserRecord } from '../../store/users.ts'

/** A person by id or by name, as addresses and queries name them. @throws DistError user.not_found */
export async function getUser(reads: Reads, text: string): Promise<UserRecord> {
  const user = (await findUserById(reads, text)) ?? (await findUserByName(reads, text.toLowerCase()))
  if (user === undefined) throw new DistError('user.not_found')
  return user
}
