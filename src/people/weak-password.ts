/** Why a guesser would try this password early; undefined when nothing speaks against it. */
export function weakness(text: string, name: string): string | undefined {
  const folded = text.toLowerCase()
  if (name !== '' && folded.includes(name)) return 'it holds your own name'
  if (new Set(folded).size < 4) return 'it repeats a few characters'
  return undefined
}
