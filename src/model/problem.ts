import { z } from 'zod'

/** RFC 9457 problem details, as every error of the API answers. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    /** Stable code `noun.reason` from the error table. */
    code: z.string(),
    hint: z.string().optional(),
    requestId: z.string(),
    details: z.unknown().optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
