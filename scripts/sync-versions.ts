import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './source-files.ts'

/** Writes the version of package.json into deno.json, package-lock.json and src/version.ts; everything else of them stays as it is. */
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }

for (const [file, places] of [
  ['deno.json', 1],
  // Its own version, and that of the package "" it describes.
  ['package-lock.json', 2],
  ['src/version.ts', 1],
] as const) {
  const path = join(ROOT, file)
  let left: number = places
  const text = readFileSync(path, 'utf8')
  const next = text.replace(/("version": "|VERSION = ')[^"']+(["'])/g, (all, before, after) =>
    left-- > 0 ? `${before}${version}${after}` : all,
  )
  if (next !== text) writeFileSync(path, next)
  console.log(`${file}: ${version}${next === text ? '' : ' (changed)'}`)
}
