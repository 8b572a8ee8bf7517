import type { AndroidValue } from '../../formats/android/axml.ts'
import { isReference, type ResourceTable, type ResourceVariant } from '../../formats/android/resource-table.ts'
import { isDamage } from '../../formats/format-error.ts'
import type { Check } from '../../model/inspection.ts'
import { finding } from '../finding.ts'

/** A packed table is unpacked into memory; a stored one of an APK is read where it is, whatever its size. */
export const MAX_PACKED_RESOURCES_BYTES = 4 << 20
export const MAX_RESOURCES_BYTES = 48 << 20

/** The resources of a package, opened when a fact needs them. They are no condition for reading the rest. */
export interface AndroidResources {
  /** The value itself, or what it refers to; undefined when that leads nowhere. */
  resolve(value: AndroidValue | undefined): Promise<AndroidValue | undefined>
  /** What a reference leads to for every configuration. */
  variants(id: number): Promise<readonly ResourceVariant[]>
  /** Said once, when the table was needed and could not be read. */
  readonly checks: readonly Check[]
}

/** @param open gives the table; a finding when it is there and is not read; undefined when there is none */
export function androidResources(
  family: 'apk' | 'aab',
  open: () => Promise<ResourceTable | Check | undefined>,
): AndroidResources {
  let opened: Promise<ResourceTable | Check | undefined> | undefined
  const checks: Check[] = []
  const ask = async <T>(read: (table: ResourceTable) => Promise<T>): Promise<T | undefined> => {
    if (checks.length > 0) return undefined
    try {
      opened ??= open()
      const table = await opened
      if (table === undefined) return undefined
      if ('resolve' in table) return await read(table)
      checks.push(table)
    } catch (error) {
      // A limit ends the inspection; damage ends only what needs the table.
      if (!isDamage(error)) throw error
      checks.push(
        finding('warning', `${family}.resources_unreadable`, `The resource table is damaged: ${error.message}`),
      )
    }
    return undefined
  }
  return {
    checks,
    async resolve(value) {
      if (value === undefined || !isReference(value)) return value
      return ask((table) => table.resolve(value.data))
    },
    variants: async (id) => (await ask((table) => table.variants(id))) ?? [],
  }
}
