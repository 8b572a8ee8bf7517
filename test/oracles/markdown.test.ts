import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { wholeOf } from '../../src/markdown/parse.ts'
import type { MarkdownBlock, MarkdownSpan } from '../../src/model/markdown.ts'
import { needPrograms } from '../helpers/debian.ts'

needPrograms({ cmark: 'cmark' })

/** A document as its parts in order, `kind⟦` … `⟧`, and its texts as they are. */
function ours(blocks: readonly MarkdownBlock[]): string {
  return blocks.map(blockTold).join('')
}

function blockTold(block: MarkdownBlock): string {
  switch (block.kind) {
    case 'paragraph':
      return `paragraph⟦${spansTold(block.spans)}⟧`
    case 'heading':
      return `heading${block.level}⟦${spansTold(block.spans)}⟧`
    case 'list':
      return `list${block.start ?? ''}⟦${block.items.map((item) => `item⟦${ours(item)}⟧`).join('')}⟧`
    case 'quote':
      return `block_quote⟦${ours(block.blocks)}⟧`
    case 'code':
      return `code_block⟦${block.text}⟧`
    case 'rule':
      return 'thematic_break⟦⟧'
    default:
      throw new Error(`CommonMark has no ${block.kind}`)
  }
}

const SPANS = { strong: 'strong', emphasis: 'emph', struck: 'struck' } as const

function spansTold(spans: readonly MarkdownSpan[]): string {
  return spans
    .map((span) => {
      switch (span.kind) {
        case 'text':
          return span.text
        case 'code':
          return `code⟦${span.text}⟧`
        case 'break':
          return 'linebreak⟦⟧'
        case 'link':
          return `link ${span.url}⟦${spansTold(span.spans)}⟧`
        default:
          return `${SPANS[span.kind]}⟦${spansTold(span.spans)}⟧`
      }
    })
    .join('')
}

const unescaped = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

/** The same of what cmark, the reference reader of CommonMark, says as XML. */
function theirs(text: string): string {
  const { stdout } = spawnSync('cmark', ['-t', 'xml'], { input: text, encoding: 'utf8' })
  const xml = stdout.slice(stdout.indexOf('<document'))
  let out = ''
  let isLink = false
  for (const [, slash, name, attributes = '', end, leaf = ''] of xml.matchAll(
    /<(\/?)([a-z_]+)((?: [^<>]*?)?)(\/?)>(?:([^<]*)<\/(?:text|code|code_block)>)?/g,
  )) {
    const attribute = (key: string) => unescaped(new RegExp(`${key}="([^"]*)"`).exec(attributes)?.[1] ?? '')
    if (name === 'document') continue
    if (name === 'text') out += unescaped(leaf)
    else if (name === 'softbreak') out += ' '
    else if (slash === '/') out += name === 'link' && !isLink ? '' : '⟧'
    else if (name === 'code' || name === 'code_block') out += `${name}⟦${unescaped(leaf).replace(/\n$/, '')}⟧`
    else if (end === '/') out += name === 'heading' ? '' : `${name}⟦⟧`
    else if (name === 'heading') out += `heading${attribute('level')}⟦`
    else if (name === 'list') out += attribute('type') === 'ordered' ? `list${attribute('start') || '1'}⟦` : 'list⟦'
    else if (name === 'link') {
      // What leads elsewhere is no link to us; links have no links in them.
      isLink = /^(?:https:\/\/|mailto:)./.test(attribute('destination'))
      if (isLink) out += `link ${attribute('destination')}⟦`
    } else out += `${name}⟦`
  }
  // A link of nothing is shown by its address; a heading of nothing not at all.
  return out.replaceAll(/link ([^\s⟦⟧]+)⟦⟧/g, 'link $1⟦$1⟧')
}

/** Without what a page does not show: how much white space there is, and a break where a line begins. */
function shown(told: string): string {
  const collapsed = told.replaceAll(/\s+/g, ' ').replaceAll(/ ?([⟦⟧]) ?/g, '$1')
  return collapsed.replaceAll(/(paragraph⟦|heading[1-6]⟦)(?:linebreak⟦⟧)+/g, '$1')
}

const SAMPLES = [
  '# News\n\nA *b* **c** `d`\n- e\n- f\n\n  g\n\n1. h\n2) i\n',
  'a\n===\n> b\nc\n\n---\n\n    code\n\n```sh\nx\n```\n',
  '[a][b] [b] [c](https://c.example/ "t") <https://d.example/>\n\n[b]: https://b.example/\n',
  '*foo**bar**baz* **foo*bar*baz** ***a** b* foo__bar__baz *(**a**)*',
  '\\*a\\* &copy; &#35; `` ` `` a\\\nb  \nc',
]

test('samples are read as cmark reads them', () => {
  for (const text of SAMPLES) assert.equal(ours(wholeOf(text).blocks), theirs(text), text)
})

test('what is made of marks at random is read as cmark reads it', { timeout: 300_000 }, () => {
  const part = fc.constantFrom(
    ...[
      '*',
      '**',
      '***',
      '_',
      '__',
      '`',
      '``',
      '\\',
      ' ',
      '  ',
      '\n',
      '\n\n',
      '    ',
      'a',
      'b c',
      '1',
      '.',
      ',',
      '(',
      ')',
    ],
    ...[
      '# ',
      '- ',
      '* ',
      '1. ',
      '3) ',
      '> ',
      '```\n',
      '---\n',
      '===\n',
      '&amp;',
      '&#65;',
      '[',
      ']',
      '[r]',
      '[a](mailto:a@example.com)',
    ],
    ...['[*b*](<mailto:b@example.com> "t")', '<mailto:c@example.com>', '\n\n[r]: mailto:r@example.com\n\n'],
  )
  const text = fc.array(part, { maxLength: 25 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (text) => assert.equal(shown(ours(wholeOf(text).blocks)), shown(theirs(text)))),
    { numRuns: 1500 },
  )
})
