/** What a software bill of materials says of itself and of what it is about, whichever standard it is written in. */
export interface BillOfMaterials {
  readonly standard: 'CycloneDX' | 'SPDX'
  /** `1.6`, `2.3` */
  readonly specVersion: string | undefined
  /** The document's own id: `urn:uuid:…` of CycloneDX, the namespace of SPDX. */
  readonly id: string | undefined
  /** What the document describes. One that says nothing about it has none. */
  readonly subjects: readonly MaterialSubject[]
  /** Components or packages; undefined when the document was not read whole. */
  readonly count: number | undefined
}

export interface MaterialSubject {
  readonly name: string | undefined
  readonly version: string | undefined
  readonly fileName: string | undefined
  /** Of the file itself: 64 lower-case hex digits each. */
  readonly sha256: readonly string[]
}

/** Lower-case hex digits of a SHA-256; undefined for any other text. */
export function sha256Hex(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : undefined
}
