import type { z } from 'zod'
import { DistError } from '../src/errors.ts'
import { type Page, PageOf } from '../src/model/page.ts'
import type { Client } from './client.ts'
import type { Output } from './output.ts'
import { table } from './width.ts'

/** The flags of every list. */
export const LIST_FLAGS = {
  limit: { type: 'integer', value: 'n', help: 'how many at most (100)' },
  cursor: { type: 'text', help: 'continue a list that was cut off' },
} as const

/** Items that one request asks for; a server may give fewer. */
const PAGE_SIZE = 100

/**
 * Up to `flags.limit` items, page after page; `nextCursor` continues after the last of them.
 * @param path may have a query @throws DistError usage.invalid for no items at all
 */
export async function readList<T>(
  client: Client,
  schema: z.ZodType<T>,
  path: string,
  flags: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Promise<Page<T>> {
  const limit = flags.limit ?? 100
  if (limit < 1) throw new DistError('usage.invalid', 'Cannot list: --limit must be at least 1')
  const items: T[] = []
  let nextCursor: string | null = flags.cursor ?? null
  do {
    const query = new URLSearchParams({ limit: String(Math.min(Math.max(limit - items.length, 1), PAGE_SIZE)) })
    if (nextCursor !== null) query.set('cursor', nextCursor)
    const page: Page<T> = await client.get(PageOf(schema), `${path}${path.includes('?') ? '&' : '?'}${query}`)
    items.push(...page.items)
    nextCursor = page.nextCursor
  } while (nextCursor !== null && items.length < limit)
  return { items: items.slice(0, limit), nextCursor }
}

/** The list as the API's page, or as a table; says on stderr when it was cut off. */
export function printList<T>(
  output: Output,
  page: Page<T>,
  head: readonly string[],
  row: (item: T) => readonly string[],
): void {
  output.result(page, () => (page.items.length === 0 ? '' : table(head, page.items.map(row))))
  if (output.json) return
  if (page.items.length === 0) output.note('none')
  if (page.nextCursor !== null) output.note(`more: --cursor ${page.nextCursor}`)
}
