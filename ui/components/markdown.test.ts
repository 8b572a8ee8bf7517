import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { render } from 'preact-render-to-string'
import { wholeOf } from '../../src/markdown/parse.ts'
import type { MarkdownText } from '../../src/model/markdown.ts'
import { html } from '../html.ts'
import { Markdown } from './markdown.ts'

const shown = (text: MarkdownText, below?: number) =>
  render(html`<${Markdown} text=${text} ...${below === undefined ? {} : { below }} />`)
const whole = (text: string, below?: number) => shown(wholeOf(text), below)

test('a text is shown with the marks of a page, its headings below that of the page', () => {
  assert.equal(
    whole('## News\n\nA **b** `c`\n\n- d\n- e\n\n  f\n\n3. g\n\n#### h'),
    '<div class="markdown"><h3>News</h3><p>A <strong>b</strong> <code>c</code></p>' +
      '<ul><li>d</li><li><p>e</p><p>f</p></li></ul><ol start="3"><li>g</li></ol><h5>h</h5></div>',
  )
  assert.match(whole('###### a\n\n# b', 1), /<h6>a<\/h6><h2>b<\/h2>/)
  assert.match(whole('# a\n\n###### b'), /<h3>a<\/h3><h6>b<\/h6>/)
  assert.match(whole('- # a'), /<li><h3>a<\/h3><\/li>/)
})

test('what scrolls in itself can be reached with keys and says what it is', () => {
  assert.match(
    whole('```\n<b>\n```'),
    /<pre tabindex="0" role="group" aria-label="Code"><code>&lt;b>\s*<\/code><\/pre>/,
  )
  assert.match(
    whole('|a|\n|-|\n|b|'),
    /<div class="scrolls" tabindex="0" role="group" aria-label="Table"><table><thead><tr><th>a<\/th>.*<td>b<\/td>/,
  )
})

test('who reads a beginning is led to all of it', () => {
  const text: MarkdownText = { blocks: wholeOf('a').blocks, moreUrl: '?notes=all#notes' }
  assert.match(shown(text), /<p>a<\/p><p><a href="\?notes=all#notes">/)
})

const LINK = 'rel="nofollow noopener noreferrer"'

test('a link tells nothing of who follows it, and a picture is a link', () => {
  assert.equal(
    whole('![a](https://a.example/a.png)'),
    `<div class="markdown"><p><a href="https://a.example/a.png" ${LINK}>a</a></p></div>`,
  )
})

/** Every tag that a text may have on a page, with all of its attributes. */
const TAG = new RegExp(
  `^<(?:/?(?:p|h[3-6]|ul|ol|li|blockquote|table|thead|tbody|tr|th|td|strong|em|s|code)|/(?:div|pre|a)|hr/|br/|div class="markdown"|(?:div class="scrolls"|pre) tabindex="0" role="group" aria-label="(?:Code|Table)"|ol start="\\d{1,9}"|a href="(?:https?://[^/"][^"]*|mailto:[^"]*)" ${LINK})$`,
)

test('whatever a text says, no other tag nor attribute gets onto a page', () => {
  const hostile = fc.constantFrom(
    ...[
      '<script>',
      '</script>',
      '<img src=x onerror=alert(1)>',
      '<svg/onload=alert(1)>',
      '<a href="javascript:alert(1)">',
      '<!--',
      '-->',
    ],
    ...[
      '[a](javascript:alert(1))',
      '[a](https://a.example/"onclick="alert(1))',
      '![a](data:text/html,x)',
      '<https://a.example/"x>',
    ],
    ...[
      '[a]: javascript:alert(1)\n',
      '[a]',
      '&lt;script&gt;',
      '&#60;b&#62;',
      '&quot;',
      '"',
      "'",
      '`',
      '```\n',
      '|',
      '|-|\n',
      '\n',
      '\n\n',
    ],
    ...[
      '# ',
      '- ',
      '1. ',
      '> ',
      '**',
      '_',
      '~~',
      '<br>',
      '<details>',
      '<summary onclick=alert(1)>',
      '{{',
      '${',
      '\\',
      '    ',
      'https://a.example/<b>',
    ],
  )
  const text = fc
    .array(fc.oneof(hostile, fc.string({ unit: 'grapheme' })), { maxLength: 30 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (text) => {
      // An attribute never has a `>` in it: the characters before it have no quote that is open.
      for (const [tag] of whole(text).matchAll(/<[^>]*/g)) assert.match(tag, TAG)
    }),
    { numRuns: 1000 },
  )
})

test('nothing of the user interface writes HTML by itself', () => {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  assert.ok(files.length > 20)
  for (const file of files) {
    if (file.endsWith('.test.ts') || file === 'assets.gen.ts') continue
    const text = readFileSync(`${folder}/${file}`, 'utf8')
    assert.doesNotMatch(
      text,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|createContextualFragment|setHTML|\beval\(|new Function/,
      file,
    )
  }
})
