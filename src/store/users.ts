import type { UserId } from '../model/ids.ts'
import type { Role } from '../model/role.ts'

export interface UserRecord {
  readonly id: UserId
  readonly name: string
  readonly role: Role | null
  /** Never leaves the server. */
  readonly password: string | null
  readonly createdAt: string
  readonly createdBy: string
  readonly disabledAt: string | null
  readonly lastSignedInAt: string | null
}
