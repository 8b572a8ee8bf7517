import assert from 'node:assert/strict'
import test from 'node:test'
import { changelogSection } from './changelog.ts'

const CHANGELOG = `# Changelog

## Unreleased
- soon

## [1.4.0] - 2026-11-21

- new: share notes

### Details
more

\`\`\`
## 1.3.0 is quoted here
\`\`\`

## 1.4.0-rc.1
- candidate

Version 1.3.0
-------------
- old
`

test('changelogSection() gives the section of a version with its sub-headings', () => {
  assert.equal(
    changelogSection(CHANGELOG, ['1.4.0']),
    '- new: share notes\n\n### Details\nmore\n\n```\n## 1.3.0 is quoted here\n```',
  )
  assert.equal(changelogSection(CHANGELOG, ['1.4.0-rc.1']), '- candidate')
  assert.equal(changelogSection(CHANGELOG, ['1.3.0']), '- old')
})

test('changelogSection() tries the versions in order and is undefined when none has a heading', () => {
  assert.equal(changelogSection(CHANGELOG, ['1.4.0+7', '1.3.0']), '- old')
  assert.equal(changelogSection(CHANGELOG, ['4.0', '1.4']), undefined)
  assert.equal(changelogSection('just notes', ['1.0']), undefined)
})

test('changelogSection() knows v, brackets, links and Windows line ends', () => {
  assert.equal(changelogSection('# v2.0\r\nnew\r\n# v1.0\r\nold', ['2.0']), 'new')
  assert.equal(changelogSection('## [v2.0](https://x.example/2.0) (today)\nnew', ['2.0']), 'new')
})
