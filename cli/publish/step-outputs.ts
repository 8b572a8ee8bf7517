import { appendFile, writeFile } from 'node:fs/promises'
import type { PublishResult } from '../../src/model/publish-result.ts'
import type { Env } from '../config.ts'
import { systemReason } from '../system-error.ts'
import { printable } from '../width.ts'

/** What later steps of a CI job want to know, by the names under which they read it. */
export function stepOutputs(result: PublishResult): Record<string, string> {
  const { release, channel } = result
  return {
    release_id: release.id,
    release_ref: release.ref,
    release_url: release.url,
    ...(release.setUrl === null ? {} : { set_url: release.setUrl }),
    created: String(result.created),
    ...(channel === null
      ? {}
      : { install_url: channel.installUrl, qrcode_url: channel.qrUrl, channel_moved: String(channel.moved) }),
  }
}

/** GitLab gives a job no file of its own to write to. */
const GITLAB_NEEDS_FILE =
  'no step outputs were written: set DIST_DOTENV to a file name, and name that file in artifacts: reports: dotenv'

/**
 * Hands the outputs to the CI system: `GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY` (GitHub, Forgejo, Gitea), and the file
 * that `DIST_DOTENV` names (GitLab: `artifacts: reports: dotenv`).
 * @returns what could not be written, and what GitLab waits for; the release is out, so this is no failure
 */
export function writeStepOutputs(result: PublishResult, env: Env): Promise<string[]> {
  return handOver(stepOutputs(result), summary(result), env)
}

/**
 * As {@link writeStepOutputs}, of anything. @param outputs values by name @param page Markdown for the page of the CI run
 */
export async function handOver(outputs: Readonly<Record<string, string>>, page: string, env: Env): Promise<string[]> {
  const lines = Object.entries(outputs)
    // A value is an id, a ref, a URL or a word; a line break could only come from a server that wants to add a line.
    .map(([name, value]) => `${name}=${value.replace(/[\p{Cc}\u2028\u2029]/gu, '')}\n`)
    .join('')
  const problems: string[] = []
  const attempt = async (name: string, write: (path: string) => Promise<void>) => {
    const path = env[name]
    if (!path) return
    await write(path).catch((error: unknown) => problems.push(`Cannot write ${name}: ${systemReason(error)}`))
  }
  await attempt('GITHUB_OUTPUT', (path) => appendFile(path, lines))
  await attempt('GITHUB_STEP_SUMMARY', (path) => appendFile(path, page))
  await attempt('DIST_DOTENV', (path) => writeFile(path, lines))
  if (env.GITLAB_CI && !env.DIST_DOTENV) problems.push(GITLAB_NEEDS_FILE)
  return problems
}

/** Markdown for the page of the CI run. */
export function summary(result: PublishResult): string {
  const { app, release, channel } = result
  const lines = [
    `### ${markdownText(app.slug)} ${markdownText(release.ref)}`,
    '',
    `[Release](${markdownUrl(release.url)}), ${release.state}`,
    '',
  ]
  if (channel?.reason)
    lines.push(`Channel **${markdownText(channel.name)}** was not moved: ${markdownText(channel.reason.message)}`, '')
  else if (channel)
    lines.push(`Channel **${markdownText(channel.name)}**: [install page](${markdownUrl(channel.installUrl)})`, '')
  lines.push('| File | Platform | SHA-256 |', '| --- | --- | --- |')
  for (const artifact of result.artifacts) {
    const name = markdownText(artifact.fileName)
    lines.push(
      `| [${name}](${markdownUrl(artifact.url)}) | ${artifact.platform} ${artifact.arch} | \`${artifact.digest.slice(7)}\` |`,
    )
  }
  return `${lines.join('\n')}\n\n`
}

/** Text that Markdown shows as it is. */
export function markdownText(text: string): string {
  return printable(text.replace(/[\r\n\u2028\u2029]+/g, ' ')).replace(/[\\`*_{}[\]<>#|~!&]/g, '\\$&')
}

/** A URL that does not end before it ends: not its link, its cell of the table, or its line. */
export function markdownUrl(url: string): string {
  const escaped = (character: string) => ({ '(': '%28', ')': '%29' })[character] ?? encodeURIComponent(character)
  return url.replace(/[\p{Cc}\u2028\u2029]/gu, '').replace(/[\s()<>|\\]/g, escaped)
}
