/** Reading of JSON that has any shape: what is not there, or has another type, is undefined and no error. */

/** An object's own field: `constructor` is none unless the JSON has it. */
export function jsonField(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined
  return Reflect.get(value, name)
}

export function jsonText(value: unknown, name: string): string | undefined {
  const text = jsonField(value, name)
  return typeof text === 'string' ? text : undefined
}

/** Empty when the field is no list. */
export function jsonList(value: unknown, name: string): readonly unknown[] {
  const list = jsonField(value, name)
  return Array.isArray(list) ? list : []
}
