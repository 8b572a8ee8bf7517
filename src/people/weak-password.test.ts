import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkNewPassword, MAX_PASSWORD_BYTES, MIN_PASSWORD_LENGTH } from './passwords.ts'
import { weakness } from './weak-password.ts'

const NAME = 'ada.lovelace@example.org'

/** What guessers try first: words and endings, rows of keys, repeats, leet, dates, the name, the product. */
const WEAK = `
  password1234 Password123! P@ssw0rd1234 passwordpassword PASSWORDPASSWORD p4ssw0rdp4ssw0rd 4321drowssap
  drowssapdrowssap thisismypassword mypassword123 my-password-1 Passwort1234 motdepasse123 secretsecret7
  123456789012 1234567890ab 111111111111 000000000000 121212121212 aaaaaaaaaaaa abcabcabcabc abcdefghijkl
  qwertyuiop12 qwertyuiopas 1q2w3e4r5t6y 1qaz2wsx3edc 1a2b3c4d5e6f asdfghjkl123 zxcvbnm12345 qwerty123456
  azertyuiop12 qwertzuiop12 !@#$%^&*()_+ йцукенгшщзхъ abcd1234abcd
  iloveyou1234 iloveyouforever Liverpool1892 manchester2024 Summer2024!!! Winter2025!! december2025 welcome12345
  letmein12345 changeme1234 sunshine2024! football1234 princess1234 superman12345 Batman&Robin1 michael-jordan
  starwars1977 dragonmonkey1 dragon-monkey-12 monkeymonkey1 trustno1trustno1 hunter2hunter2 thequickbrownfox
  correcthorsebatterystaple
  admin1234567 administrator administrator1 distd-release distd-admin-2026 release-server release1234! docker123456
  github-token1 adalovelace12 ada.lovelace1 Ada.Lovelace! lovelaceada1815
`
  .trim()
  .split(/\s+/)
  .concat('password password', 'this is my password', 'i love you so much', 'the best password', 'Ada Lovelace 1815')

const STRONG = [
  'purple teapot climbs quietly',
  'gravel orbit mustard lamp',
  'tall ships sail at dawn',
  'blue giraffe 7 oatmeal',
  'nine wet umbrellas',
  'marmalade-on-the-roof',
  'fjord.kettle.anvil',
  'wobbly lantern sings',
  'grandmother baked 11 pies',
  'ocean-biscuit-violin',
  'eight crows, one scarecrow',
  'pickled onions at midnight',
  'copper rhubarb thimble',
  'my left shoe squeaks loudly',
  'velvet hammer quarry',
  'I forgot the kettle again',
  'lost umbrella near platform 9',
  'harbour fog and diesel',
  'quick zebras vault jowly',
  'brass monkeys play chess',
  'tractor-parsley-moonbeam',
  'Sasquatch ate my homework',
  'correct pony cell clip',
  'two badgers in a wheelbarrow',
  'onion soup at quarter past',
  'seventeen paper lanterns',
  'lemon-zest-cathedral',
  'wanderlust&porridge',
  'BrokenClockIsRight2x',
  'an unlikely otter waltz',
  'sleepy volcano index',
  'mango tram 48 library',
  'the walrus signs invoices',
  'feather anchor basil',
  'tin roof, warm rain',
  'porcupine quill inkwell',
  'Zürich nach dem Regen',
  'mein Fahrrad quietscht',
  'grüne Äpfel rollen bergab',
  'la pluie sur les tuiles',
  'el perro duerme en la mesa',
  'hvorfor regner det alltid',
  'kissa istuu katolla',
  'ночью падал мокрый снег',
  '夜の静かな図書館で本を読む人',
  // Made by password managers
  'xK9#mQ2$vL5n',
  'jvrqhwtzkbnd',
  '837465928371',
  'u7Gd-pPq2-Zr8w',
  'a1f93c77e0b2',
  'Kc8vTq3mWz5Y',
  'Tr0ub4dor&3xylo',
]

test('what guessers try first is refused', () => {
  assert.ok(WEAK.length >= 50)
  for (const password of WEAK) {
    assert.ok([...password].length >= MIN_PASSWORD_LENGTH, `${password} is too short to prove anything`)
    assert.throws(() => checkNewPassword(password, NAME), { code: 'password.weak' }, password)
  }
})

test('what people make of words that have nothing to do with each other is taken', () => {
  assert.ok(STRONG.length >= 50)
  for (const password of STRONG) assert.doesNotThrow(() => checkNewPassword(password, NAME), password)
})

test('a name is weak for its own person alone', () => {
  assert.ok(weakness('Wilhelmina-Q', 'wilhelmina.q'))
  assert.equal(weakness('Wilhelmina-Q', 'ada'), undefined)
})

test('bounds are those of code points and bytes, of the normalized text, and no message holds the password', () => {
  const refused = (password: string) => {
    assert.throws(
      () => checkNewPassword(password, 'ada'),
      (error: Error & { code?: string }) => error.code === 'password.weak' && !error.message.includes(password),
    )
  }
  refused('xK9#mQ2$vL5')
  // Eleven code points, thirteen once they were decomposed.
  refused('xK9#mQ2$éüL'.normalize('NFD'))
  refused('🜁🜂🜃🜄🜅🜆🜇🜈🜉🜊🜋')
  assert.doesNotThrow(() => checkNewPassword('🜁🜂🜃🜄🜅🜆🜇🜈🜉🜊🜋🜌', 'ada'))
  refused(`xK9#mQ2$vL5n${'\ud800'}`)
  assert.doesNotThrow(() => checkNewPassword('xK9#'.padEnd(MAX_PASSWORD_BYTES, 'mQ2$vL5n7'), 'ada'))
  refused('xK9#'.padEnd(MAX_PASSWORD_BYTES + 1, 'mQ2$vL5n7'))
  refused('ü'.repeat(MAX_PASSWORD_BYTES))
})

test('the longest texts take no longer than their length asks for', () => {
  const started = performance.now()
  for (const text of ['a', 'ab', 'password', '1qaz', 'é', '0o', 'x9qK#'].map((part) => part.repeat(1000))) {
    weakness(text, NAME)
  }
  assert.ok(performance.now() - started < 5000)
})
