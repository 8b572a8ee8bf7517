import { CreateAnnouncement } from '../../src/model/announcement.ts'
import { ANNOUNCEMENT_FLAGS, readBody } from '../announcement-flags.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { announceStates } from '../pipeline/announce.ts'
import { type OpenState, openState, STATE_FLAG, statePath } from '../pipeline/state.ts'
import { resultText, warnOf } from '../publish/command.ts'
import { handOver, stepOutputs, summary } from '../publish/step-outputs.ts'

export const command = defineCommand({
  summary: 'make what was hosted live and move its channel',
  description: `Announces the releases of all given state files together: all become live in one step, or none does. Then the channel that each dist.json asked for is moved, as "dist ci publish" does. Running it again is safe at any time.

Exit code 9: everything is live, but a channel refused to move.`,
  examples: [
    'ci announce',
    'ci announce --state app/dist-state.json --state sync/dist-state.json --title "Sync is here"',
  ],
  args: {},
  flags: {
    state: { ...STATE_FLAG, type: 'list', help: `${STATE_FLAG.help}; several are announced together` },
    ...ANNOUNCEMENT_FLAGS,
  },
  async run(context, _args, flags) {
    const { output } = context
    const paths = new Set(
      (flags.state.length === 0 ? [undefined] : flags.state).map((flag) => statePath(context, flag)),
    )
    const body = await readBody(context, flags.body)
    const opened: OpenState[] = []
    for (const path of paths) opened.push(await openState(context, path))
    const releases = opened.map(({ state, releaseId }) => ({ app: state.app.slug, release: releaseId }))
    checkedInput(CreateAnnouncement, { title: flags.title, body, releases }, { names: { releases: '--state' } })

    const announced = await announceStates(await context.client(), opened, { title: flags.title, body })
    const { announcement, releases: results } = announced
    for (const result of results) warnOf(context, result)
    const hasText = flags.title !== undefined || body !== undefined
    if (announcement === null && hasText) output.warn('nothing was left to announce: the text was not used')
    const [only] = results.length === 1 ? results : []
    const outputs = {
      ...(only === undefined ? {} : stepOutputs(only)),
      ...(announcement === null ? {} : { announcement_id: announcement.id, announcement_url: announcement.url }),
    }
    for (const problem of await handOver(outputs, results.map(summary).join(''), context.env)) output.warn(problem)
    output.result(announced, () => [
      ...results.flatMap((result, i) => [...(i === 0 ? [] : ['']), ...resultText(result, { bytes: false })]),
      ...(announcement === null ? [] : ['', `announcement  ${announcement.url}`]),
    ])
    return results.some(({ channel }) => channel?.reason) ? 9 : 0
  },
})
