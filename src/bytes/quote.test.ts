import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asciiPowerShell, quotePowerShell, quoteShell, shellWord } from './quote.ts'

test('quoteShell closes and opens again around a single quote, and leaves everything else alone', () => {
  assert.equal(quoteShell('it\'s $(x) `y` \\ "z"\n'), `'it'\\''s $(x) \`y\` \\ "z"\n'`)
  assert.equal(quoteShell(''), "''")
  assert.throws(() => quoteShell('a\0b'), TypeError)
})

test('shellWord quotes what a shell, or a program that reads options, would see something in', () => {
  for (const plain of ['notes.deb', './notes_1.0-rc1+b2.deb', 'https://x.test:8080/notes/releases/1.0+7/a%20b'])
    assert.equal(shellWord(plain), plain)
  const signs = ['', '-rf', '~x', 'a b', 'a$b', 'a;b', 'a&b', 'é', '(a)', '[a]', '{a,b}', '#a', '!a', 'a\nb', '^a']
  // Paths of programs in zsh, and homes in bash.
  for (const special of [...signs, '=ls', 'a=~root', 'a=b:~', 'a~b']) assert.equal(shellWord(special), `'${special}'`)
})

test('quotePowerShell doubles every character that PowerShell takes for a single quote', () => {
  assert.equal(quotePowerShell("a'b‘c’d‚e‛f"), "'a''b‘‘c’’d‚‚e‛‛f'")
  assert.equal(quotePowerShell('$x `n "y"'), `'$x \`n "y"'`)
  assert.throws(() => quotePowerShell('\0'), TypeError)
})

test('asciiPowerShell is ASCII whatever the text, and says the same', () => {
  assert.equal(asciiPowerShell("it's"), "'it''s'")
  const hostile = "Ē’'; calc ‘ 𝄞\n"
  const quoted = asciiPowerShell(hostile)
  assert.match(quoted, /^[ -~]+$/)
  const units = /^\(-join \[char\[\]\]\(([0-9,]+)\)\)$/.exec(quoted)![1]!.split(',').map(Number)
  assert.equal(String.fromCharCode(...units), hostile)
})
