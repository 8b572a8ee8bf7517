/**
 * Refuses an object that names the same key twice, which `JSON.parse` settles silently in favour of the last.
 *
 * Called after `JSON.parse` accepted the text, so the text is known to be well-formed JSON.
 * @throws SyntaxError naming the path and the line, e.g. `"artifacts[0].path" is given twice (line 7)`
 */
export function refuseDuplicateKeys(text: string): void {
  /** Where we are: keys seen and the current one in an object, the index in an array. */
  const stack: ({ keys: Set<string>; key: string } | { index: number })[] = []
  let expectKey = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    const top = stack.at(-1)
    if (character === '"') {
      const end = stringEnd(text, at)
      if (expectKey && top && 'keys' in top) {
        top.key = JSON.parse(text.slice(at, end + 1)) as string
        if (top.keys.has(top.key)) {
          throw new SyntaxError(`"${pathOf(stack)}" is given twice (line ${lineOf(text, at)})`)
        }
        top.keys.add(top.key)
        expectKey = false
      }
      at = end
    } else if (character === '{') {
      stack.push({ keys: new Set(), key: '' })
      expectKey = true
    } else if (character === '[') {
      stack.push({ index: 0 })
      expectKey = false
    } else if (character === '}' || character === ']') {
      stack.pop()
      expectKey = false
    } else if (character === ',' && top) {
      if ('index' in top) top.index++
      else expectKey = true
    }
  }
}

/** Index of the quote that closes the string opened at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function pathOf(stack: readonly ({ key: string } | { index: number })[]): string {
  let path = ''
  for (const level of stack) path += 'index' in level ? `[${level.index}]` : `${path === '' ? '' : '.'}${level.key}`
  return path
}

export function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}
