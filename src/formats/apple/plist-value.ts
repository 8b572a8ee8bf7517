/** A decoded property list. Dictionaries have no prototype, so a key `__proto__` is data like any other. */
export type PlistValue = null | boolean | number | bigint | string | Date | Uint8Array | PlistValue[] | PlistDict
export interface PlistDict {
  [key: string]: PlistValue
}

/** Apple's own files nest less than ten deep. */
export const MAX_PLIST_DEPTH = 64
/** Values of one list in total; the largest real ones, with translations of every text, have some ten thousand. */
export const MAX_PLIST_VALUES = 100_000

export function newPlistDict(): PlistDict {
  return Object.create(null)
}

export function isPlistDict(value: PlistValue | undefined): value is PlistDict {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
}
