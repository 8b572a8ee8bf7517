import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PublishedFile } from './test-app.ts'

/** What the real `npm pack` makes of a package with this manifest and one file. */
export async function npmPack(
  manifest: Readonly<Record<string, unknown>>,
  text = 'export {}\n',
): Promise<PublishedFile> {
  const folder = await mkdtemp(join(tmpdir(), 'distd-npm-'))
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
    await writeFile(join(folder, 'index.js'), text)
    const args = [
      'pack',
      '--json',
      '--ignore-scripts',
      '--offline',
      '--no-update-notifier',
      '--cache',
      join(folder, '.c'),
    ]
    const { stdout } = await promisify(execFile)('npm', args, { cwd: folder })
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
    return { fileName: filename, bytes: new Uint8Array(await readFile(join(folder, filename))) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
