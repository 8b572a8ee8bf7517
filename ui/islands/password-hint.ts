export interface PasswordHint {
  readonly text: string
  /** 0 to 1 of the way to long enough. */
  readonly part: number
  readonly isGood: boolean
}

/** Kinds of characters in a row that people type without thinking. */
const RUNS = ['abcdefghijklmnopqrstuvwxyz', '1234567890', 'qwertyuiopasdfghjklzxcvbnm', 'qwertzuiopasdfghjklyxcvbnm']

/**
 * What to tell of a password while it is typed. The server decides; this only spares the way there.
 * @param minLength code points
 */
export function passwordHint(password: string, name: string, minLength: number): PasswordHint {
  const characters = [...password.normalize('NFC')]
  const missing = minLength - characters.length
  const part = Math.min(1, characters.length / minLength)
  if (characters.length === 0)
    return { text: `At least ${minLength} characters. Several words are fine.`, part, isGood: false }
  if (missing > 0)
    return { text: missing === 1 ? '1 more character' : `${missing} more characters`, part, isGood: false }
  const guessable = easyToGuess(password.toLowerCase(), name.toLowerCase())
  if (guessable !== null) return { text: `Easy to guess: ${guessable}`, part, isGood: false }
  return { text: characters.length < minLength + 4 ? 'Long enough' : 'A good length', part, isGood: true }
}

function easyToGuess(password: string, name: string): string | null {
  if (new Set(password).size < 5) return 'it repeats a few characters'
  if (name !== '' && password.includes(name)) return 'it holds your own name'
  if (isRun(password)) return 'it is a row of keys'
  return null
}

function isRun(password: string): boolean {
  return RUNS.some((run) => {
    const there = run.repeat(2)
    const back = [...there].reverse().join('')
    return [there, back].some((row) => row.includes(password.slice(0, 10)) && row.includes(password.slice(-4)))
  })
}
