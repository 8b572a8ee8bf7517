import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MarkdownBlock, MarkdownSpan } from '../model/markdown.ts'
import { beginningOf, wholeOf } from './parse.ts'

/** A tree as short text: `p(…)`, `ul(li(…))`, links as `<url …>`. */
function told(blocks: readonly MarkdownBlock[]): string {
  return blocks.map(blockTold).join(' ')
}

function blockTold(block: MarkdownBlock): string {
  switch (block.kind) {
    case 'paragraph':
      return `p(${line(block.spans)})`
    case 'heading':
      return `h${block.level}(${line(block.spans)})`
    case 'list':
      return `${block.start === null ? 'ul' : `ol${block.start}`}(${block.items.map((item) => `li(${told(item)})`).join(' ')})`
    case 'quote':
      return `quote(${told(block.blocks)})`
    case 'code':
      return `pre(${block.text})`
    case 'table':
      return `table(${[block.head, ...block.rows].map((row) => row.map(line).join(' | ')).join(' / ')})`
    case 'rule':
      return 'hr'
  }
}

function line(spans: readonly MarkdownSpan[]): string {
  return spans
    .map((span) => {
      switch (span.kind) {
        case 'text':
          return span.text
        case 'code':
          return `code(${span.text})`
        case 'break':
          return 'br'
        case 'link':
          return `<${span.url} ${line(span.spans)}>`
        default:
          return `${span.kind}(${line(span.spans)})`
      }
    })
    .join('')
}

const whole = (text: string) => told(wholeOf(text).blocks)

test('what release notes are made of becomes a tree', () => {
  const expected: readonly [text: string, tree: string][] = [
    ['', ''],
    ['# A #\n\nB\n---\n\nc\nd', 'h1(A) h2(B) p(c d)'],
    ['*a* _b_ **c** ~~d~~ `e` \\*f\\*', 'p(emphasis(a) emphasis(b) strong(c) struck(d) code(e) *f*)'],
    ['snake_case_name 2*3*4', 'p(snake_case_name 2emphasis(3)4)'],
    ['a  \nb\\\nc<br>d<br/>\n', 'p(abrbbrcbrd)'],
    ['- a\n- b\n  - c\n\n3. d\n\n   e', 'ul(li(p(a)) li(p(b) ul(li(p(c))))) ol3(li(p(d) p(e)))'],
    ['- [x] done\n- [ ] open', 'ul(li(p([x] done)) li(p([ ] open)))'],
    ['> a\nb\n\nc', 'quote(p(a b)) p(c)'],
    ['```js\n<b>\n```\n\n    x\n    y', 'pre(<b>) pre(x\ny)'],
    ['|a|b|\n|-|:-:|\n|1|`|`|\n|2|', 'table(a | b / 1 | ` / 2 | )'],
    ['***\n\n&copy; &amp; &lt;b&gt;', 'hr p(© & <b>)'],
    ['[r] [R][r]\n\n[r]: https://a.example/x "t"', 'p(<https://a.example/x r> <https://a.example/x R>)'],
    ['a\r\n\r\nb\rc', 'p(a) p(b c)'],
  ]
  for (const [text, tree] of expected) assert.equal(whole(text), tree, JSON.stringify(text))
})

test('notes that GitHub generates are shown as they are meant, without what it left for itself', () => {
  const notes = `<!-- Release notes generated using configuration in .github/release.yml at v1.4.0 -->\r
\r
## What's Changed\r
### Fixes\r
* Bump \`actions/checkout\` from 3 to 4 by @dependabot[bot] in https://github.com/acme/notes/pull/12\r
* fix: keep_the_draft (#13) by @octocat in https://github.com/acme/notes/pull/13\r
\r
## New Contributors\r
* @octocat made their first contribution in https://github.com/acme/notes/pull/13\r
\r
\r
**Full Changelog**: https://github.com/acme/notes/compare/v1_3...v1_4`
  const pull = (n: number) => `<https://github.com/acme/notes/pull/${n} https://github.com/acme/notes/pull/${n}>`
  const compare = 'https://github.com/acme/notes/compare/v1_3...v1_4'
  assert.equal(
    whole(notes),
    `h2(What's Changed) h3(Fixes) ul(li(p(Bump code(actions/checkout) from 3 to 4 by @dependabot[bot] in ${pull(12)})) ` +
      `li(p(fix: keep_the_draft (#13) by @octocat in ${pull(13)}))) h2(New Contributors) ` +
      `ul(li(p(@octocat made their first contribution in ${pull(13)}))) p(strong(Full Changelog): <${compare} ${compare}>)`,
  )
})

test('HTML is text, but comments are left out, folds are open and breaks are breaks', () => {
  const expected: readonly [text: string, tree: string][] = [
    ['<script>alert(1)</script>\n<div>**x**</div>', 'p(<script>alert(1)</script> <div>strong(x)</div>)'],
    ['<a href="javascript:alert(1)">x</a>', 'p(<a href="javascript:alert(1)">x</a>)'],
    ['<!-- a\n\n# b\n-->\ntext <!-- c --> d', 'p(text  d)'],
    ['- a\n  <!-- b\n\n  c -->\n- d', 'ul(li(p(a)) li(p(d)))'],
    ['`<!-- a -->`\n\n    <!-- b -->', 'p(code(<!-- a -->)) pre(<!-- b -->)'],
    ['<!-- never ends\n\nb', 'p(<!-- never ends) p(b)'],
    ['<!-- a --> b', 'p( b)'],
    ['<!-->b-->c', 'p(c)'],
    ['<details>\n<summary>More</summary>\n\n- a\n\n</details>', 'p( More) ul(li(p(a)))'],
  ]
  for (const [text, tree] of expected) assert.equal(whole(text), tree, JSON.stringify(text))
})

test('only addresses of the web and of mail become links; of any other the text stays', () => {
  const refused = [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    '&#106;avascript:alert(1)',
    '&#x6A;avascript&colon;alert(1)',
    'java&Tab;script:alert(1)',
    'java&NewLine;script:alert(1)',
    '%6aavascript:alert(1)',
    'vbscript:x',
    'data:text/html,x',
    'file:///etc/passwd',
    'blob:https://a.example/x',
    'itms-services://?action=download-manifest',
    'http:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'https://',
    'https://notes.example@evil.example/',
    'https://a:b@evil.example/',
    '//evil.example',
    '\\\\evil.example',
    '/path',
    'path',
    '?notes=all',
    '#anchor',
    `https://a.example/${'x'.repeat(2000)}`,
  ]
  for (const url of refused) {
    assert.equal(whole(`[a](<${url}>)`), 'p(a)', url)
    assert.equal(whole(`![a](<${url}>)`), 'p(a)', url)
    assert.equal(whole(`[a]\n\n[a]: <${url}>`), 'p(a)', url)
  }
  assert.equal(
    whole('<javascript:alert(1)> <data:a> <x@evil.example>'),
    'p(javascript:alert(1) data:a <mailto:x@evil.example x@evil.example>)',
  )
  const taken: readonly [text: string, tree: string][] = [
    ['[a](https://a.example/?x=1&y=2 "t")', 'p(<https://a.example/?x=1&y=2 a>)'],
    ['[a](HTTPS://A.example)', 'p(<https://a.example/ a>)'],
    ['[**a** b](http://a.example/)', 'p(<http://a.example/ strong(a) b>)'],
    ['[a](mailto:a@b.example)', 'p(<mailto:a@b.example a>)'],
    ['![a](https://a.example/a.png)', 'p(<https://a.example/a.png a>)'],
    ['![](https://a.example/a.png)', 'p(<https://a.example/a.png https://a.example/a.png>)'],
    ['[![a](https://a.example/a.svg)](https://b.example/)', 'p(<https://b.example/ a>)'],
    ['[](https://a.example/)', 'p(<https://a.example/ https://a.example/>)'],
    ['[a https://b.example/](https://a.example/)', 'p(<https://a.example/ a https://b.example/>)'],
  ]
  for (const [text, tree] of taken) assert.equal(whole(text), tree, text)
})

test('web addresses in a text are links without the marks of the sentence; names of files and hosts are none', () => {
  const link = (url: string) => `<${url} ${url}>`
  const expected: readonly [text: string, tree: string][] = [
    [
      'See https://a.example/x?y=1, (https://a.example/).',
      `p(See ${link('https://a.example/x?y=1')}, (${link('https://a.example/')}).)`,
    ],
    [
      '(https://a.example/A_(b)) **https://a.example/**',
      `p((${link('https://a.example/A_(b)')}) strong(${link('https://a.example/')}))`,
    ],
    [
      '"https://a.example/" https://a.example/。次',
      `p("${link('https://a.example/')}" ${link('https://a.example/')}。次)`,
    ],
    [
      'README.md a.example www.a.example a@b.example ftp://a.example',
      'p(README.md a.example www.a.example a@b.example ftp://a.example)',
    ],
    [
      'xhttps://a.example https:// http://. `https://a.example`',
      'p(xhttps://a.example https:// http://. code(https://a.example))',
    ],
    ['https://notes.example@evil.example/', 'p(https://notes.example@evil.example/)'],
  ]
  for (const [text, tree] of expected) assert.equal(whole(text), tree, text)
})

test('characters that reorder a line or that nobody sees are shown, also where entities make them', () => {
  assert.equal(whole('a\u202eb&#x202e;c&#8294;d\u0000e&#0;f'), 'p(a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf)')
  assert.equal(
    whole('`a\u202eb`\n\n    c\u0007\n\n[\u2066x](https://a.example/)'),
    'p(code(a\ufffdb)) pre(c\ufffd) p(<https://a.example/ \ufffdx>)',
  )
  assert.equal(whole('שלום עולם'), 'p(שלום עולם)')
})

test('the beginning of a text fits where it is shown, and says where all of it is', () => {
  const beginning = (text: string, maxBytes: number) => {
    const { blocks, moreUrl } = beginningOf(text, maxBytes, '?all')
    return [told(blocks), moreUrl]
  }
  assert.deepEqual(beginning('# a\n\nb', 100), ['h1(a) p(b)', null])
  assert.deepEqual(beginning('# a\n\nbcdefgh', 24), ['h1(a) p(bcdef…)', '?all'])
  assert.deepEqual(beginning('- ab\n- cd\n- ef', 60), ['ul(li(p(ab)) li(p(cd)) li())', '?all'])
  assert.deepEqual(beginning('😀😀😀😀', 23), ['p(😀😀…)', '?all'])
  const long = 'word '.repeat(50_000)
  const [shown, moreUrl] = beginning(long, 4000)
  assert.ok(shown!.length > 3900 && shown!.length < 4010, String(shown!.length))
  assert.equal(moreUrl, '?all')
  assert.equal(beginning(`<!--${'a'.repeat(20_000)}-->\n\nb`, 4000)[1], '?all')
})

test('all of a text is all of it: what is too much or too deep for Markdown is shown as it was written', () => {
  const paragraphs = Array.from({ length: 20_000 }, (_, i) => `**p**${i}`)
  const text = paragraphs.join('\n\n')
  const { blocks, moreUrl } = wholeOf(text)
  assert.equal(moreUrl, null)
  const rest = blocks.at(-1)!
  assert.ok(rest.kind === 'code')
  assert.equal([...paragraphs.slice(0, blocks.length - 1), rest.text].join('\n\n'), text)
  assert.ok(blocks.length > 1000)

  const oneLine = '*a* '.repeat(60_000)
  assert.deepEqual(wholeOf(oneLine).blocks, [{ kind: 'code', text: oneLine }])
  assert.equal(
    whole(`${'> '.repeat(18)}deep\n\nafter`),
    `${'quote('.repeat(16)}pre(> > deep)${')'.repeat(16)} p(after)`,
  )
  const list = Array.from({ length: 12 }, (_, i) => `${'  '.repeat(i)}- ${i}`).join('\n')
  const words = whole(`${list}\n\nafter`)
  for (let i = 0; i < 12; i++) assert.ok(words.includes(String(i)), `${i} of ${words}`)
  assert.ok(words.endsWith(' p(after)'))
})

test('marks in marks are left out below a depth that no text needs', () => {
  const deep = whole(`${'*'.repeat(10_000)}a${'*'.repeat(10_000)}`)
  assert.equal(deep, `p(${'strong('.repeat(8)}a${')'.repeat(8)})`)
  const alternating = whole(`${'*a **b '.repeat(1000)}c${' d** e*'.repeat(1000)}`)
  assert.equal(alternating.split(/strong\(|emphasis\(/).length, 9)
  for (const letter of ['a', 'b', 'c ', 'd', 'e']) assert.ok(alternating.includes(letter))
})

const SIZE = 262_144
const of = (part: string, size = SIZE) => part.repeat(Math.ceil(size / part.length)).slice(0, size)
const counted = (make: (i: number) => string) => {
  let text = ''
  for (let i = 0; text.length < SIZE; i++) text += make(i)
  return text
}

/** Parts of which whole texts are made, after the pathological inputs of cmark and what its readers are slow at. */
const REPEATED = [
  ...[
    '*',
    '*a ',
    '**a ',
    '_a',
    '*a_ ',
    'a**b_c* ',
    '***a*** **b* ',
    '~',
    '~~a ',
    '[',
    '[a',
    ']',
    '[a](',
    '[a](<b',
    '![[]()',
  ],
  ...['[a](b "', '`', '`a ', '\\`', '>', '> ', '> a\n', '> a\nb\n', '> - ', '- > ', '* ', '- a\n', '- a\nb\n', '1. '],
  ...[
    '[a]: ',
    '[a]:\n',
    '[x][y]',
    '[a]: b "\n',
    '|',
    '|a|b|\n',
    '|-\n',
    'a|b\n-|\n',
    'a\n| -\n',
    '&',
    '&amp;',
    '&a',
    '&#x',
  ],
  ...[
    '<',
    '<a ',
    '<!--',
    '<!--\n',
    '<!-- a -->',
    '<!-- a -->\n',
    '<br>',
    '<br',
    '<?',
    '<![CDATA[',
    '<http://a.b>',
    '<a@b.c>',
  ],
  ...[
    'http://a.b ',
    'http://',
    'https://a.b)',
    'http://a.b(',
    'http://a.b/,,',
    '//a.b',
    'a@',
    '```\n',
    '```a\n~~~\n',
    '    a\n',
  ],
  ...[
    '---\n',
    'a\n-\n',
    '# a\n',
    '#',
    ' #',
    '\n',
    ' ',
    '\t',
    '\\',
    'a\\\n',
    'a  \n',
    'a\n',
    'a\n\n',
    '\u0000',
    '\u202e',
    '👩‍👩‍👧',
  ],
]

const HOSTILE: readonly string[] = [
  ...REPEATED.map((part) => of(part)),
  `${of('[', SIZE / 2)}a${of(']', SIZE / 2)}`,
  `[a]${of('(', SIZE / 2)}${of(')', SIZE / 2)}`,
  `${'*a **a '.repeat(SIZE / 14)}b${' a** a*'.repeat(SIZE / 14)}`,
  `${of('![')}a${of('](b)')}`,
  counted((i) => `e${'`'.repeat(i % 3000)}`),
  `${'>'.repeat(1000)}${of('\na')}`,
  of(`${'>'.repeat(60)} a\n`),
  counted((i) => `${'  '.repeat(i % 700)}* a\n`),
  counted((i) => `[${i}]: /u${i}\n`),
  `[x]: https://a.example/${'a'.repeat(1900)}\n\n${of('[x] ')}`,
  `|${'a|'.repeat(400)}\n|${'-|'.repeat(400)}\n${of('|\n')}`,
  `|${'a|'.repeat(30)}\n|${'-|'.repeat(30)}\n${of('|\n')}`,
  `http://a.b/${of('(')}`,
  `http://a.b/${of('.!')}`,
  `${of('<!--\n', SIZE / 2)}--> x`,
  `${of('<!-- ', SIZE / 2)}${of('--> ', SIZE / 2)}`,
  `[a]: b "${of('\n a')}`,
]

/** Some tenths of a second on a busy machine; what is quadratic takes minutes. */
const MAX_MS = 1500

test('no text of 256 KiB takes long, makes a large tree or a deep one', { timeout: 120_000 }, () => {
  for (const text of HOSTILE) {
    const began = performance.now()
    const trees = [beginningOf(text, 4000, '?'), wholeOf(text)]
    const took = performance.now() - began
    const what = JSON.stringify(text.slice(0, 30))
    assert.ok(took < MAX_MS, `${what} took ${took} ms`)
    const [small, large] = trees.map((tree) => JSON.stringify(tree).length)
    assert.ok(small! < 40_000, `${what} begins with ${small}`)
    assert.ok(large! < 3_000_000, `${what} is ${large}`)
    // Recursion would end, were a tree deep.
    for (const { blocks } of trees) told(blocks)
  }
})

test('any text gives a tree, the same one each time, with no other links than those of the web and of mail', () => {
  const part = fc.constantFrom(
    ...REPEATED,
    '\n',
    '\n\n',
    'https://a.example/',
    '[a](javascript:x)',
    'word',
    '](',
    ')',
    '"',
    '-->',
  )
  const text = fc
    .array(fc.oneof(part, fc.string({ unit: 'grapheme' })), { maxLength: 40 })
    .map((parts) => parts.join(''))
  const linksOf = (tree: unknown): string[] => JSON.stringify(tree).match(/(?<="url":")[^"]*/g) ?? []
  fc.assert(
    fc.property(text, (text) => {
      const tree = wholeOf(text)
      assert.deepEqual(wholeOf(text), tree)
      for (const url of linksOf(tree)) assert.match(url, /^(?:https?:\/\/[^/]|mailto:)/)
      assert.doesNotMatch(JSON.stringify(tree), /[\u202a-\u202e\u2066-\u2069]/)
      const beginning = beginningOf(text, 200, '?')
      if (beginning.moreUrl === null) assert.deepEqual(beginning.blocks, tree.blocks)
    }),
    { numRuns: 500 },
  )
})
