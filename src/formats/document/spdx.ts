import { jsonList, jsonText } from '../../bytes/json-fields.ts'
import { type BillOfMaterials, type MaterialSubject, sha256Hex } from './bill-of-materials.ts'
import { describedElement, describedOf } from './spdx-described.ts'

/**
 * An SPDX document in JSON (SPDX 2.2 and 2.3, ISO/IEC 5962), already parsed. Undefined when it is none.
 * What it describes, `documentDescribes` may say as well as a relationship.
 */
export function readSpdx2(json: unknown): BillOfMaterials | undefined {
  const specVersion = /^SPDX-(\d{1,3}\.\d{1,3})$/.exec(jsonText(json, 'spdxVersion') ?? '')?.[1]
  if (specVersion === undefined) return undefined
  const described = new Set<unknown>(jsonList(json, 'documentDescribes'))
  for (const relationship of jsonList(json, 'relationships')) {
    const from = jsonText(relationship, 'spdxElementId')
    const to = jsonText(relationship, 'relatedSpdxElement')
    const element = describedElement(from, jsonText(relationship, 'relationshipType'), to)
    if (element !== undefined) described.add(element)
  }
  const packages = jsonList(json, 'packages')
  const idOf = (element: unknown) => jsonText(element, 'SPDXID')
  const subjects = describedOf(described, packages, jsonList(json, 'files'), idOf)
  return {
    standard: 'SPDX',
    specVersion,
    id: jsonText(json, 'documentNamespace'),
    subjects: subjects.map(subjectOf),
    count: packages.length,
  }
}

function subjectOf(element: unknown): MaterialSubject {
  const checksums = jsonList(element, 'checksums').filter((sum) => jsonText(sum, 'algorithm') === 'SHA256')
  return {
    name: jsonText(element, 'name'),
    version: jsonText(element, 'versionInfo'),
    fileName: jsonText(element, 'packageFileName') || jsonText(element, 'fileName'),
    sha256: checksums.flatMap((sum) => sha256Hex(jsonText(sum, 'checksumValue')) ?? []),
  }
}

/**
 * An SPDX 3 document in JSON-LD (SPDX 3.0, https://spdx.org/rdf/3.0.1), already parsed. Undefined when it is none.
 * Followed: root elements of the document and of the bills of materials that it is about.
 */
export function readSpdx3(json: unknown): BillOfMaterials | undefined {
  const specVersion = SPDX3_CONTEXT.exec(jsonText(json, '@context') ?? '')?.[1]
  if (specVersion === undefined) return undefined
  const elements = jsonList(json, '@graph')
  const document = elements.find((element) => jsonText(element, 'type') === 'SpdxDocument')
  const roots = new Set(jsonList(document, 'rootElement'))
  const isRoot = (element: unknown) => roots.has(jsonText(element, 'spdxId') ?? null)
  for (const bom of elements.filter(isRoot)) for (const inner of jsonList(bom, 'rootElement')) roots.add(inner)
  const packages = elements.filter((element) => jsonText(element, 'type') === 'software_Package')
  const files = elements.filter((element) => jsonText(element, 'type') === 'software_File')
  return {
    standard: 'SPDX',
    specVersion,
    id: jsonText(document, 'spdxId'),
    subjects: [...packages, ...files].filter(isRoot).map((element) => ({
      name: jsonText(element, 'name'),
      version: jsonText(element, 'software_packageVersion'),
      fileName: jsonText(element, 'type') === 'software_File' ? jsonText(element, 'name') : undefined,
      sha256: jsonList(element, 'verifiedUsing')
        .filter((hash) => jsonText(hash, 'algorithm') === 'sha256')
        .flatMap((hash) => sha256Hex(jsonText(hash, 'hashValue')) ?? []),
    })),
    count: packages.length,
  }
}

export const SPDX3_CONTEXT = /^https:\/\/spdx\.org\/rdf\/(3\.\d{1,2}(?:\.\d{1,2})?)\/spdx-context\.jsonld$/
