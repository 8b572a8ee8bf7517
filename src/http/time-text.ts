/** `2026-11-21 02:10 UTC`, to the minute. */
export function timeText(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`
}
