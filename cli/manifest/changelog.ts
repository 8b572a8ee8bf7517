interface Heading {
  readonly level: number
  readonly text: string
  /** Index of the line after the heading. */
  readonly bodyLine: number
  /** Index of the first line of the heading. */
  readonly line: number
}

/**
 * The section of one version in a changelog in Markdown, without its heading; undefined when the file has none.
 *
 * A heading belongs to the version when it has it as a word, with or without `v`: `## [1.4.0] - 2026-11-21`,
 * `# v1.4.0`, `Version 1.4.0` underlined with dashes. The section ends at the next heading of the same or a higher level.
 * Headings in fenced code are text.
 */
export function changelogSection(markdown: string, versions: readonly string[]): string | undefined {
  const lines = markdown.split(/\r?\n/)
  const headings = readHeadings(lines)
  for (const version of versions) {
    const start = headings.findIndex((heading) => namesVersion(heading.text, version))
    if (start < 0) continue
    const { level, bodyLine } = headings[start]!
    const end = headings.slice(start + 1).find((heading) => heading.level <= level)
    return lines.slice(bodyLine, end?.line).join('\n').trim()
  }
  return undefined
}

/** `1.4.0` is not in `11.4.0`, `1.4.0.1`, `1.4.0-rc.1` or `1.4.0+7`. */
function namesVersion(heading: string, version: string): boolean {
  for (let at = heading.indexOf(version); at >= 0; at = heading.indexOf(version, at + 1)) {
    const before = heading.slice(0, at)
    const after = heading.slice(at + version.length)
    if (/(?:^|[^0-9A-Za-z._~+-])v?$/i.test(before) && /^(?![0-9A-Za-z_~+]|[.-][0-9A-Za-z])/.test(after)) return true
  }
  return false
}

function readHeadings(lines: readonly string[]): Heading[] {
  const headings: Heading[] = []
  let fence: string | undefined
  for (const [i, line] of lines.entries()) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined
      continue
    }
    if (mark !== undefined) {
      fence = mark
      continue
    }
    const atx = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/.exec(line)
    if (atx) {
      headings.push({ level: atx[1]!.length, text: atx[2] ?? '', line: i, bodyLine: i + 1 })
      continue
    }
    const underline = /^ {0,3}(=+|-+)[ \t]*$/.exec(line)?.[1]
    const above = lines[i - 1]
    if (underline && above && above.trim() !== '' && !/^ {0,3}(?:[#>*+-]|\d+[.)])/.test(above)) {
      headings.push({ level: underline.startsWith('=') ? 1 : 2, text: above, line: i - 1, bodyLine: i + 1 })
    }
  }
  return headings
}
