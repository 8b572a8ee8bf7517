const UNITS: readonly (readonly [seconds: number, letter: string])[] = [
  [365 * 86_400, 'y'],
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
]

/**
 * How long ago, or in how long, as one short word: `3d`, `now`, `in 90d`. What is past counts whole units; what is to
 * come is rounded to the nearest, so that 90 days are not 89 a second later.
 */
export function age(instant: string, nowMs: number): string {
  const seconds = Math.trunc((nowMs - Date.parse(instant)) / 1000)
  const [unit, letter] = UNITS.find(([size]) => Math.abs(seconds) >= size) ?? [0, '']
  if (unit === 0) return 'now'
  return seconds < 0 ? `in ${Math.round(-seconds / unit)}${letter}` : `${Math.floor(seconds / unit)}${letter}`
}

const DURATION = /^(\d{1,5})(h|d|w|m|y)$/
const DAYS: Readonly<Record<string, number>> = { h: 1 / 24, d: 1, w: 7, m: 30, y: 365 }

/** `12h`, `90d`, `4w`, `6m` (of 30 days), `1y` (of 365) in days; undefined when it is none of them. */
export function daysOf(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? []
  return count === undefined || unit === undefined ? undefined : Number(count) * DAYS[unit]!
}
