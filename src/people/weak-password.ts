import { COMMON_WORDS } from './common-words.ts'

/*
 * How long a guesser who knows what people choose would look for a password, in bits, as a sum over the cheapest way to
 * put it together of words, repeats, rows of keys, years and single characters. The idea is zxcvbn's (Wheeler, USENIX
 * Security 2016); time is linear in the length, which is bounded.
 */

/** Twelve characters that follow no pattern have more. */
const ENOUGH_BITS = 30

/** Characters that are looked at: more of them do not make a password weaker that is not weak so far. */
const LOOKED_AT = 128

/** What the list does not have since it is older, or not about releases. */
const MORE_WORDS =
  'pass word admin administrator root login user account access server distd dist release releases deploy download ' +
  'upload publish artifact artifacts staging production setup token company office team default temp temporary test ' +
  'testing demo example changeit changeme letmein welcome hello please trustno security secure strong safe hard long ' +
  'guess easy simple remember forget forgot never always forever with this that these those have your yours mine our ' +
  'the and for not are you very much more most good best better great nice cool love loves like hate need want know ' +
  'what when where who how why can will would could should dont cannot every nobody everybody anything something ' +
  'passwort kennwort contrasena motdepasse wachtwoord senha parola salasana lozinka haslo heslo sifre losenord ' +
  'passord geheim hallo ichliebedich teamo tequiero jetaime bonjour soleil azerty qwertz january february march april ' +
  'may june july august september october november december monday tuesday wednesday thursday friday saturday sunday ' +
  'spring summer autumn fall winter covid corona bitcoin minecraft pokemon fortnite starwars batman superman google ' +
  'facebook instagram youtube netflix twitter tiktok amazon apple microsoft windows linux ubuntu debian docker github ' +
  'gitlab android iphone samsung nintendo playstation chatgpt openai kubernetes jenkins correcthorsebatterystaple ' +
  'thequickbrownfox tobeornottobe onceuponatime maytheforcebewithyou loremipsum opensesame iloveyou'

/** A word of the second list, whose order says nothing. */
const MORE_BITS = 4
/** A name of the person: tried before everything else. */
const NAME_BITS = 1
const MAX_WORD = 26

/** Keys that lie side by side, and letters and digits in their order; read in both directions. */
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiopü',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  '1qay2wsx3edc4rfv5tgb6zhn7ujm',
  'qazwsxedcrfvtgbyhnujmikolp',
  'q1w2e3r4t5y6u7i8o9p0',
  '1q2w3e4r5t6y7u8i9o0p',
  'a1b2c3d4e5f6g7h8i9j0',
  '1a2b3c4d5e6f7g8h9i0j',
  '147258369',
  '963852741',
  '!@#$%^&*()_+',
  '!"§$%&/()=?',
  'йцукенгшщзхъ',
  'фывапролджэ',
  'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
].flatMap((row) => [row, [...row].reverse().join('')])

/** Which row, and which key comes next there; of a key that a row has twice (0), the last one. */
const NEXT_KEYS: readonly ReadonlyMap<string, string>[] = ROWS.map((row) => {
  const keys = [...row]
  return new Map(keys.slice(0, -1).map((key, at) => [key, keys[at + 1]!]))
})

/** Bits of choosing a row and where to begin on it. */
const ROW_BITS = 5
const YEAR_BITS = 6
const YEAR = /^(?:19[3-9]\d|20[0-3]\d)$/

/** What digits and marks stand for in words; `1` and `!` for two letters. */
const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '2': 'z',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '6': 'g',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '€': 'e',
  '+': 't',
  '(': 'c',
  '|': 'l',
}
const LEETS = [
  { ...LEET, '1': 'i', '!': 'i' },
  { ...LEET, '1': 'l', '!': 'l' },
]

let words: ReadonlyMap<string, number> | undefined

/** Bits of each common word; made when the first password is set. */
function commonWords(): ReadonlyMap<string, number> {
  if (words !== undefined) return words
  const made = new Map<string, number>()
  for (const word of MORE_WORDS.split(' ')) made.set(word, MORE_BITS)
  for (const [rank, word] of COMMON_WORDS.trim().split(/\s+/).entries()) {
    made.set(word, Math.min(made.get(word) ?? 99, Math.log2(rank + 2)))
  }
  words = made
  return made
}

/** One character in lower case and without accents, so that nothing moves. */
function fold(character: string): string {
  const plain = [...character.normalize('NFD').toLowerCase()][0]!
  return plain === 'ß' ? 's' : plain
}

function characterBits(character: string): number {
  if (/^[ ._,-]$/.test(character)) return 1
  // Less than a random one has: who chooses letters by hand writes something.
  return /^[a-z]$/.test(character) ? 3 : 3.3
}

/** Bits of each prefix of the text, put together in the cheapest way. `bits[n]` is of the first `n` characters. */
function prefixBits(original: readonly string[], ownWords: ReadonlySet<string>): number[] {
  const common = commonWords()
  const folded = original.map(fold)
  const readings = [folded, ...LEETS.map((leet) => folded.map((key) => (leet as Record<string, string>)[key] ?? key))]
  const texts = readings.map((reading) => (reading.every((key) => key.length === 1) ? reading.join('') : undefined))
  const wordBits = (from: number, to: number): number => {
    let bits = Number.POSITIVE_INFINITY
    for (const [at, reading] of readings.entries()) {
      const word = texts[at]?.slice(from, to) ?? reading.slice(from, to).join('')
      const own = ownWords.has(word) ? NAME_BITS : common.get(word)
      if (own !== undefined) bits = Math.min(bits, own + (at === 0 ? 0 : 1))
    }
    return bits
  }
  const rowLengths = NEXT_KEYS.map(() => 1)
  let repeated = 1
  const bits = [0]
  for (let end = 1; end <= folded.length; end++) {
    const key = folded[end - 1]!
    const before = folded[end - 2]
    let best = bits[end - 1]! + characterBits(key)
    const take = (length: number, cost: number) => {
      best = Math.min(best, bits[end - length]! + cost)
    }
    repeated = key === before ? repeated + 1 : 1
    if (repeated >= 3) take(repeated, characterBits(key) + Math.log2(repeated))
    for (const [at, next] of NEXT_KEYS.entries()) {
      rowLengths[at] = before !== undefined && next.get(before) === key ? rowLengths[at]! + 1 : 1
      if (rowLengths[at] >= 3) take(rowLengths[at], ROW_BITS + Math.log2(rowLengths[at]))
    }
    if (end >= 4 && YEAR.test(folded.slice(end - 4, end).join(''))) take(4, YEAR_BITS)
    for (let length = 3; length <= Math.min(end, MAX_WORD); length++) {
      const cost = wordBits(end - length, end)
      if (cost === Number.POSITIVE_INFINITY) continue
      // A capital at the beginning, or all of them, is what everybody does.
      const capitals = original.slice(end - length, end).filter((sign, at) => sign !== folded[end - length + at])
      const isPlain = capitals.length <= 1 || capitals.length === length
      take(length, cost + (isPlain ? 0 : 2))
    }
    bits.push(best)
  }
  return bits
}

/** The length of the shortest beginning of which the text is a repetition, the last time perhaps cut off. */
function periodOf(folded: readonly string[]): number {
  // Knuth, Morris, Pratt: how much of the beginning stands at the end of each prefix.
  const borders = [0]
  for (let at = 1; at < folded.length; at++) {
    let border = borders[at - 1]!
    while (border > 0 && folded[border] !== folded[at]) border = borders[border - 1]!
    borders.push(folded[border] === folded[at] ? border + 1 : 0)
  }
  return folded.length - borders.at(-1)!
}

function guessBits(characters: readonly string[], ownWords: ReadonlySet<string>): number {
  const bits = prefixBits(characters, ownWords)
  const period = periodOf(characters.map(fold))
  const repeats = characters.length / period
  return Math.min(bits.at(-1)!, repeats < 2 ? Number.POSITIVE_INFINITY : bits[period]! + Math.log2(repeats))
}

/**
 * Why a guesser would try this password early; undefined when nothing speaks against it.
 * @param text normalized, of bounded length
 * @param name of the person
 */
export function weakness(text: string, name: string): string | undefined {
  const characters = [...text].slice(0, LOOKED_AT)
  const parts = name.split(/[^a-z0-9]+/).filter((part) => part.length >= 3)
  const ownWords = new Set([...parts, name].filter((part) => part.length >= 3 && part.length <= MAX_WORD))
  const backwards = guessBits([...characters].reverse(), ownWords) + 1
  if (Math.min(guessBits(characters, ownWords), backwards) >= ENOUGH_BITS) return undefined
  return 'it is easy to guess, being made of common words, repeats, rows of keys or your name'
}
