import type { Budget } from '../budget.ts'
import { FormatLimitError } from '../format-error.ts'
import {
  type AndroidValue,
  type AxmlAttribute,
  type AxmlElement,
  MAX_ATTRIBUTES,
  MAX_DEPTH,
  MAX_ELEMENTS,
  TYPE_BOOLEAN,
  TYPE_REFERENCE,
  TYPE_STRING,
} from './axml.ts'
import { type ProtoField, protoField, protoFields, protoText } from './protobuf.ts'
import { createResourceTable, type ResourceConfig, type ResourceTable, type ResourceVariant } from './resource-table.ts'

/**
 * XML and resources of Android App Bundles: the messages `aapt.pb.XmlNode` and `aapt.pb.ResourceTable` (AOSP
 * `tools/aapt2/Resources.proto` and `Configuration.proto`), as the same elements and values that their binary siblings
 * in an APK give.
 */

/**
 * Start elements of an XML document, in order.
 *
 * @throws FormatError, FormatLimitError
 */
export function parseProtoXml(node: Uint8Array): AxmlElement[] {
  const elements: AxmlElement[] = []
  const visit = (message: Uint8Array, depth: number): void => {
    const element = protoField(message, 1)
    if (element === undefined) return
    if (elements.length === MAX_ELEMENTS || depth === MAX_DEPTH)
      throw new FormatLimitError('Cannot read Android XML: it has too many elements')
    const attributes: AxmlAttribute[] = []
    const children: Uint8Array[] = []
    let name = ''
    for (const field of protoFields(element.bytes)) {
      if (field.number === 3) name = protoText(field, 'Android XML')
      else if (field.number === 5) children.push(field.bytes)
      else if (field.number === 4) {
        if (attributes.length === MAX_ATTRIBUTES)
          throw new FormatLimitError('Cannot read Android XML: an element has too many attributes')
        attributes.push(attributeOf(field.bytes))
      }
    }
    elements.push({ depth, name, attributes })
    for (const child of children) visit(child, depth + 1)
  }
  visit(node, 0)
  return elements
}

function attributeOf(message: Uint8Array): AxmlAttribute {
  const fields = lastFields(message)
  const item = fields.get(6)
  const compiled = item === undefined ? undefined : itemValue(item.bytes)
  return {
    resourceId: fields.get(5)?.value ?? 0,
    name: protoText(fields.get(2), 'Android XML'),
    ...(compiled ?? { type: TYPE_STRING, data: 0, text: protoText(fields.get(3), 'Android XML') }),
  }
}

/** `Primitive.oneof_value`: the type of `Res_value` that each of its fields stands for. */
const PRIMITIVES: ReadonlyMap<number, number> = new Map([
  [3, 0x04],
  [13, 0x05],
  [14, 0x06],
  [6, 0x10],
  [7, 0x11],
  [8, TYPE_BOOLEAN],
  [9, 0x1c],
  [10, 0x1d],
  [11, 0x1e],
  [12, 0x1f],
])
const THEME_ATTRIBUTE = 0x02

/** `Item`: a reference, a text, the path of a file, or a number; undefined for anything else. */
function itemValue(item: Uint8Array): AndroidValue | undefined {
  for (const { number, bytes } of protoFields(item)) {
    if (number === 1) {
      const reference = lastFields(bytes)
      const isAttribute = reference.get(1)?.value === 1
      return { type: isAttribute ? THEME_ATTRIBUTE : TYPE_REFERENCE, data: reference.get(2)?.value ?? 0 }
    }
    // A plain, raw or styled text, or a file: the text is their first field.
    if (number >= 2 && number <= 5)
      return { type: TYPE_STRING, data: 0, text: protoText(protoField(bytes, 1), 'Android resource') }
    if (number !== 7) continue
    for (const primitive of protoFields(bytes)) {
      const type = PRIMITIVES.get(primitive.number)
      if (type === undefined) continue
      return { type, data: type === TYPE_BOOLEAN && primitive.value !== 0 ? 0xffffffff : primitive.value }
    }
  }
  return undefined
}

function lastFields(message: Uint8Array): Map<number, ProtoField> {
  const fields = new Map<number, ProtoField>()
  for (const field of protoFields(message)) fields.set(field.number, field)
  return fields
}

/**
 * The resource table of a module (`resources.pb`). Resources without an id are not found.
 *
 * @throws FormatError, FormatLimitError; the methods too
 */
export function openProtoResources(table: Uint8Array, budget: Budget): ResourceTable {
  /** Messages `Type` by package id and type id, 0xPPTT. */
  const types = new Map<number, Uint8Array[]>()
  for (const inTable of protoFields(table)) {
    if (inTable.number !== 2) continue
    const packageId = wrappedId(protoField(inTable.bytes, 1))
    for (const inPackage of protoFields(inTable.bytes)) {
      budget.tick()
      if (inPackage.number === 3) put(types, packageId * 0x100 + wrappedId(protoField(inPackage.bytes, 1)), inPackage)
    }
  }
  /** Messages `Entry` by id, of the types that were asked for: finding one by going through them is for once only. */
  const entries = new Map<number, Map<number, Uint8Array[]>>()
  const entriesOf = (key: number): Map<number, Uint8Array[]> => {
    const known = entries.get(key)
    if (known !== undefined) return known
    const found = new Map<number, Uint8Array[]>()
    entries.set(key, found)
    for (const type of types.get(key) ?? []) {
      for (const inType of protoFields(type)) {
        budget.tick()
        if (inType.number === 3) put(found, wrappedId(protoField(inType.bytes, 1)), inType)
      }
    }
    return found
  }
  return createResourceTable(async (id) => {
    const found: ResourceVariant[] = []
    for (const entry of entriesOf(id >>> 16).get(id & 0xffff) ?? []) {
      for (const inEntry of protoFields(entry)) {
        budget.tick()
        if (inEntry.number !== 6) continue
        const configValue = lastFields(inEntry.bytes)
        const item = protoField(configValue.get(2)?.bytes ?? new Uint8Array(0), 4)
        const value = item === undefined ? undefined : itemValue(item.bytes)
        if (value !== undefined) found.push({ config: configOf(configValue.get(1)), value })
      }
    }
    return found
  })
}

function put(lists: Map<number, Uint8Array[]>, key: number, { bytes }: ProtoField): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [bytes])
  else list.push(bytes)
}

/** `PackageId`, `TypeId` and `EntryId` are messages, so that no id differs from id 0. */
function wrappedId(message: ProtoField | undefined): number {
  return message === undefined ? -1 : (protoField(message.bytes, 1)?.value ?? 0)
}

const LOCALE = 3
const DENSITY = 18
const SDK = 24
/** Of the last one there is no trace on a device. */
const PRODUCT = 25

function configOf(message: ProtoField | undefined): ResourceConfig {
  const fields = lastFields(message?.bytes ?? new Uint8Array(0))
  let isSpecial = false
  for (const [number, { value }] of fields) {
    if (number !== LOCALE && number !== DENSITY && number !== SDK && number !== PRODUCT && value !== 0) isSpecial = true
  }
  return {
    locale: protoText(fields.get(LOCALE), 'Android resource'),
    density: fields.get(DENSITY)?.value ?? 0,
    sdk: fields.get(SDK)?.value ?? 0,
    isSpecial,
  }
}
