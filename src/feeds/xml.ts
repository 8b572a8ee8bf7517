/**
 * Writes XML that any reader can read, whatever the text: markup is escaped, and what XML 1.0 forbids (§2.2 Char) becomes
 * U+FFFD. Names of elements and attributes are ours.
 */
export interface Markup {
  readonly xml: string
}

/** Everything that is no Char: controls, lone surrogates, U+FFFE and U+FFFF. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  // Only `]]>` is wrong, but it is never wrong to escape it.
  '>': '&gt;',
  '"': '&quot;',
  // As they are, readers turn them into other white space (§2.11, §3.3.3).
  '\r': '&#13;',
  '\t': '&#9;',
  '\n': '&#10;',
}

function escapeText(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>\r]/g, (c) => ENTITIES[c]!)
}

function escapeAttribute(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"\r\t\n]/g, (c) => ENTITIES[c]!)
}

/** An element of text, or of elements with a line for each. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  content?: string | readonly Markup[],
): Markup {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeAttribute(value)}"`)
  const start = `<${name}${given.join('')}`
  if (content === undefined) return { xml: `${start}/>` }
  const inside =
    typeof content === 'string' ? escapeText(content) : `${content.map(({ xml }) => `\n${xml}`).join('')}\n`
  return { xml: `${start}>${inside}</${name}>` }
}

/** A whole document in UTF-8. @param doctype its declaration, where readers want one */
export function xmlDocument(root: Markup, doctype?: string): string {
  const prolog = ['<?xml version="1.0" encoding="utf-8"?>', ...(doctype === undefined ? [] : [doctype])]
  return `${prolog.join('\n')}\n${root.xml}\n`
}
