const strict = new TextDecoder('utf-8', { fatal: true })

/**
 * The text of bytes that came over the network or from a disk: bytes that are not UTF-8 are refused, never replaced by
 * U+FFFD, which would be kept and shown as if somebody had written it. A byte order mark at the start is dropped.
 * @throws SyntaxError
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch (cause) {
    throw new SyntaxError('Cannot decode text: it is not valid UTF-8', { cause })
  }
}
