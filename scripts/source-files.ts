import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

const NOT_OURS = new Set(['node_modules', 'build', 'data'])

/**
 * Every file of the product below `root`, `/` separated, relative, sorted: what git tracks or would track. Without a
 * git checkout (a source archive) it is what lies there, without the folders that .gitignore names.
 */
export function sourceFiles(root: string): string[] {
  const files = existsSync(join(root, '.git')) ? filesOfGit(root) : filesOfFolder(root, '')
  return files.filter((file) => existsSync(join(root, file))).sort()
}

function filesOfGit(root: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  return listed.split('\0').filter((file) => file !== '')
}

function filesOfFolder(root: string, folder: string): string[] {
  const found: string[] = []
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      if (!NOT_OURS.has(entry.name) && entry.name !== '.git') found.push(...filesOfFolder(root, path))
    } else if (entry.isFile() && !path.endsWith('.gen.ts')) found.push(path)
  }
  return found
}
