/** Strict text forms of bytes: lower-case hex and canonical base64. */

const HEX = '0123456789abcdef'

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte >> 4]! + HEX[byte & 15]!
  return text
}

/** @throws SyntaxError unless `text` is an even number of lower-case hex digits */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new SyntaxError('Cannot decode hex: expected pairs of 0-9 a-f')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16)
  return bytes
}

export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 0x2000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x2000))
  return btoa(binary)
}

/** Standard alphabet with padding; anything that does not encode back to the same text is refused. @throws SyntaxError */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new SyntaxError('Cannot decode base64: unexpected character')
  let binary: string
  try {
    binary = atob(text)
  } catch (cause) {
    throw new SyntaxError('Cannot decode base64: wrong length', { cause })
  }
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0))
  if (toBase64(bytes) !== text) throw new SyntaxError('Cannot decode base64: not canonical')
  return bytes
}

export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
