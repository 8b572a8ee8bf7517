/** A JSON column as its value. Most are empty, and those need no parser. */
export function parseColumn<T>(text: string): T {
  if (text === '[]') return [] as T
  if (text === '{}') return {} as T
  return JSON.parse(text) as T
}
