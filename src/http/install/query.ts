import { z } from 'zod'
import { ArchInput, PlatformInput } from '../../model/platform.ts'
import { WholeText } from '../shown-text.ts'

/** What the address of an install page may ask: another device than the one it is opened with, and about a phone. */
export const InstallQuery = z.object({
  platform: PlatformInput.optional(),
  arch: ArchInput.optional(),
  /** Of a phone: whether it is among the devices of the profile of `file`. Never logged: the log has paths alone. */
  udid: z.string().max(64).optional(),
  file: z.string().max(200).optional(),
  /** Release notes: `all` of them. */
  notes: WholeText,
})
export type InstallQuery = z.output<typeof InstallQuery>
