import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The smallest project that the recipes fit: a program in an archive, and an npm package. `readme` is the recipes' own. */
export function writeSampleProject(folder: string, readme: string, registry: string): void {
  mkdirSync(folder)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const version = '1.4.0'
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`
  write('package.json', json({ name: 'acme-notes', version, files: ['notes.sh'], scripts: { build: 'sh build.sh' } }))
  write(
    'package-lock.json',
    json({ name: 'acme-notes', version, lockfileVersion: 3, packages: { '': { name: 'acme-notes', version } } }),
  )
  write('notes.sh', '#!/bin/sh\necho notes\n')
  write('build.sh', 'set -eu\nmkdir -p out\ntar -czf out/notes-linux-x64.tar.gz notes.sh\n')
  const text = readFileSync(readme, 'utf8')
  write('dist.json', block(text, 'json'))
  write('.npmrc', `registry=${registry}\n${block(text, 'ini').replace('//registry.npmjs.org/', registry.slice(5))}`)
}

function block(markdown: string, language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(markdown)?.[1]
  if (found === undefined) throw new Error(`The README has no block of ${language}`)
  return found
}
