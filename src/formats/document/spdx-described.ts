/** What an SPDX 2 document is about (SPDX 2.3 §11.1), whichever form it is written in. */

const DOCUMENT = 'SPDXRef-DOCUMENT'

/** The id of the element that a relationship says the document describes; undefined when it says something else. */
export function describedElement(
  from: string | undefined,
  type: string | undefined,
  to: string | undefined,
): string | undefined {
  if (type === 'DESCRIBES' && from === DOCUMENT) return to
  return type === 'DESCRIBED_BY' && to === DOCUMENT ? from : undefined
}

/** The packages and files that are described, and the only package when nothing says what is. */
export function describedOf<E>(
  described: ReadonlySet<unknown>,
  packages: readonly E[],
  files: readonly E[],
  idOf: (element: E) => string | undefined,
): readonly E[] {
  if (described.size === 0) return packages.length === 1 ? packages : []
  return [...packages, ...files].filter((element) => {
    const id = idOf(element)
    return id !== undefined && described.has(id)
  })
}
