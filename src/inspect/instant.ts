/** An instant as facts hold it; undefined for a date that no four digits of a year can tell. */
export function instantText(date: Date | undefined): string | undefined {
  if (date === undefined || Number.isNaN(date.getTime())) return undefined
  const text = date.toISOString()
  return text.length === 24 ? text : undefined
}
