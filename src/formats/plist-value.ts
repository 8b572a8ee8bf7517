/** A decoded property list. Dictionaries have no prototype, so a key `__proto__` is data like any other. */
export type PlistValue = null | boolean | number | bigint | string | Date | Uint8Array | PlistValue[] | PlistDict
export interface PlistDict {
  [key: string]: PlistValue
}

/** Apple's own files nest less than ten deep. */
export const MAX_PLIST_DEPTH = 64

export function newPlistDict(): PlistDict {
  return Object.create(null)
}

export function isPlistDict(value: PlistValue | undefined): value is PlistDict {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
}
