/**
 * The start of `text`, at most `maxUnits` UTF-16 units, for messages. Never leaves half of a surrogate pair, which is no
 * text: JSON would carry it as an escape that many programs refuse, and UTF-8 cannot carry it at all.
 */
export function cutText(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text
  const last = text.charCodeAt(maxUnits - 1)
  const next = text.charCodeAt(maxUnits)
  const isParted = last >= 0xd800 && last <= 0xdbff && next >= 0xdc00 && next <= 0xdfff
  return text.slice(0, isParted ? maxUnits - 1 : maxUnits)
}
