/** Longer addresses are no links: each mention of a reference repeats its address. */
const MAX_URL = 2000

/**
 * The address of a link that a page may have, as browsers read it; null for any other: of another scheme, relative (to
 * what, the text does not know), or with a name before its host, which is there to be taken for the host.
 */
export function webUrl(address: string): string | null {
  if (address.length > MAX_URL || !/^(?:https?:\/\/|mailto:)[^/]/i.test(address)) return null
  try {
    const { href, username, password } = new URL(address)
    return username === '' && password === '' && href.length <= MAX_URL ? href : null
  } catch {
    return null
  }
}

/**
 * What a web address in a text may be made of: neither spaces, quotes, controls nor the full-width marks of Chinese and
 * Japanese, which go on without a space.
 */
const ADDRESS = /\bhttps?:\/\/[^\s<>"`\p{Cc}\u3000-\u303f\uff00-\uffef]+/giu

/**
 * A text in which web addresses are links. Names of hosts alone are not: `README.md` is one, too.
 * @returns pieces of the text in their order; `url` is null where a piece is no link
 */
export function linkAddresses(text: string): { readonly text: string; readonly url: string | null }[] {
  const pieces: { text: string; url: string | null }[] = []
  let from = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutTrailingMarks(found)
    const url = webUrl(address)
    if (url === null) continue
    if (index > from) pieces.push({ text: text.slice(from, index), url: null })
    pieces.push({ text: address, url })
    from = index + address.length
  }
  if (from < text.length) pieces.push({ text: text.slice(from), url: null })
  return pieces
}

/** Marks of a sentence that ends with an address, and the parenthesis that it stands in. */
function withoutTrailingMarks(address: string): string {
  let open = 0
  for (const mark of address) open += mark === '(' ? 1 : mark === ')' ? -1 : 0
  let end = address.length
  for (; end > 0; end--) {
    const mark = address[end - 1]!
    if (mark === ')') {
      if (open >= 0) break
      open++
    } else if (!`.,:;!?'*_~]`.includes(mark)) break
  }
  return address.slice(0, end)
}
