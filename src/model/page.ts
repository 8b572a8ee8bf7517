import { z } from 'zod'

/** One page of a list; `nextCursor` is opaque and null on the last page. */
export function PageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

export interface Page<T> {
  items: T[]
  nextCursor: string | null
}
