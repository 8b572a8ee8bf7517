import { resolve } from 'node:path'
import { defineCommand } from '../command.ts'
import { readManifest } from '../manifest/manifest.ts'
import { runPublish } from '../publish/command.ts'
import { RESERVED_HINT } from '../publish/seal.ts'

export const command = defineCommand({
  summary: 'publish what dist.json describes',
  description: `Checks dist.json and the files before any request, uploads, publishes, announces and moves the channel. Running it again is safe at any time: it continues where an earlier run stopped, and when everything is there already it says so and succeeds.

Later steps find release_url, install_url and more in GITHUB_OUTPUT (GitHub, Forgejo, Gitea), or in the file that DIST_DOTENV names (GitLab: artifacts: reports: dotenv). DIST_RETRIES says how often a failed request is sent again (5).

Exit code 9: the release is out, but the channel refused to move. All codes: dist help exit-codes.`,
  examples: ['ci publish --manifest dist.json --json', 'ci publish --until host'],
  args: {},
  flags: {
    manifest: { type: 'text', value: 'file', help: 'the manifest (dist.json in the working folder)' },
    until: {
      type: 'text',
      value: 'step',
      choices: ['host'],
      help: 'stop after this step: sealed, and live for nobody',
    },
  },
  hints: {
    'artifact.file_name': 'Give it another "fileName"',
    'release.reserved': RESERVED_HINT,
    'release.tag_mismatch': 'Set "version" (and "build") from the tag, or remove "tag"',
  },
  async run(context, _args, flags) {
    const plan = await readManifest(resolve(context.cwd, flags.manifest ?? 'dist.json'), context.env)
    if (flags.until === undefined) return runPublish(context, plan)
    if (plan.channel !== undefined) {
      context.output.note(`channel ${plan.channel} is not moved: --until ${flags.until} stops before`)
    }
    return runPublish(context, { ...plan, announce: false, channel: undefined })
  },
})
