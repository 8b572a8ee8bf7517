import { jsonField, jsonList, jsonText } from '../../bytes/json-fields.ts'
import { type BillOfMaterials, type MaterialSubject, sha256Hex } from './bill-of-materials.ts'

/**
 * A CycloneDX document in JSON (ECMA-424, CycloneDX 1.2 to 1.7), already parsed. Undefined when it is none.
 * Components within components count as well.
 */
export function readCycloneDx(json: unknown): BillOfMaterials | undefined {
  if (jsonField(json, 'bomFormat') !== 'CycloneDX') return undefined
  const component = jsonField(jsonField(json, 'metadata'), 'component')
  return {
    standard: 'CycloneDX',
    specVersion: jsonText(json, 'specVersion'),
    id: jsonText(json, 'serialNumber'),
    subjects: component === undefined ? [] : [subjectOf(component)],
    count: countComponents(json),
  }
}

function subjectOf(component: unknown): MaterialSubject {
  const hashes = jsonList(component, 'hashes').filter((hash) => jsonText(hash, 'alg') === 'SHA-256')
  return {
    name: jsonText(component, 'name'),
    version: jsonText(component, 'version'),
    fileName: undefined,
    sha256: hashes.flatMap((hash) => sha256Hex(jsonText(hash, 'content')) ?? []),
  }
}

function countComponents(json: unknown): number {
  let count = 0
  const lists = [jsonList(json, 'components')]
  for (let list = lists.pop(); list !== undefined; list = lists.pop()) {
    count += list.length
    for (const component of list) {
      const nested = jsonList(component, 'components')
      if (nested.length > 0) lists.push(nested)
    }
  }
  return count
}
