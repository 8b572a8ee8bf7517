import { z } from 'zod'

/** What a person may do, each with everything before it: read; announce, promote, share, read the audit log; everything. */
export const Role = z.enum(['viewer', 'manager', 'admin'])
export type Role = z.infer<typeof Role>

/** Whether who has `role` may do what needs `needed`. */
export function includesRole(role: Role | null | undefined, needed: Role): boolean {
  return role !== null && role !== undefined && Role.options.indexOf(role) >= Role.options.indexOf(needed)
}
