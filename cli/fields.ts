import { padColumns, printable } from './width.ts'

/** Facts as two columns, a line each; facts without a value are left out. */
export function fields(facts: Readonly<Record<string, string | null | undefined>>): string {
  const known = Object.entries(facts).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const width = Math.max(0, ...known.map(([name]) => name.length))
  return known.map(([name, value]) => `${padColumns(name, width)}  ${printable(value ?? '')}\n`).join('')
}
