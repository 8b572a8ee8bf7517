/**
 * A text as one word of a POSIX shell: everything between two single quotes stands for itself.
 * @throws TypeError for a NUL, which no word can have
 */
export function quoteShell(text: string): string {
  if (text.includes('\0')) throw new TypeError('Cannot quote for a shell: the text has a NUL')
  return `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * As {@link quoteShell}, and as it is where no shell sees anything in it: for lines that people read. zsh takes `=ls` for the
 * path of ls, and bash the `~` of `a=~` for a home.
 */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+:,./][A-Za-z0-9_@%+:,./-]*$/.test(text) ? text : quoteShell(text)
}

/**
 * A text as a single-quoted string of PowerShell, which takes typographic quotes for quotes: each ends the string unless
 * it is doubled (language specification 2.3.5.2; `IsSingleQuote` of its tokenizer names the five).
 * @throws TypeError for a NUL
 */
export function quotePowerShell(text: string): string {
  if (text.includes('\0')) throw new TypeError('Cannot quote for PowerShell: the text has a NUL')
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`
}

/**
 * As {@link quotePowerShell}, in ASCII alone: Windows PowerShell 5.1 reads a file without a mark in the code page of the
 * machine, where bytes of UTF-8 may become quotes.
 */
export function asciiPowerShell(text: string): string {
  if (/^[ -~]*$/.test(text)) return quotePowerShell(text)
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
  return `(-join [char[]](${units.join(',')}))`
}
