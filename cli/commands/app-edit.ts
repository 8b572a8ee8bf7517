import { DistError } from '../../src/errors.ts'
import { App, EditApp, type Retention } from '../../src/model/app.ts'
import { APP_FIELDS, APP_FLAGS, identityRules, platforms } from '../app-flags.ts'
import { appText } from '../app-text.ts'
import { checkedInput } from '../checked-input.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'change an app; what is not given stays as it is',
  description: 'An empty value removes a fact or an identity rule: --owner "".',
  examples: ['app edit acme-notes --visibility public', 'app edit acme-notes --android-package com.acme.notes'],
  args: { app: { help: 'slug of the app' } },
  flags: {
    ...APP_FLAGS,
    anyPlatform: { type: 'boolean', help: 'allow artifacts of every platform again' },
    draftDays: {
      type: 'integer',
      value: 'days',
      help: 'days after which a draft that nobody touched is discarded; the days of the server unless given',
    },
    replacedDays: {
      type: 'integer',
      value: 'days',
      help: 'days for which replaced or deleted files of branch builds stay (1)',
    },
  },
  async run(context, args, flags) {
    const path = `/apps/${segment(args.app)}`
    const client = await context.client()
    // Rules are replaced as a whole, so that the ones not named here must be sent again.
    const before = await client.get(App, path)
    const input = checkedInput(
      EditApp,
      {
        name: flags.name,
        summary: cleared(flags.summary),
        visibility: flags.visibility,
        platforms: flags.anyPlatform ? [] : platforms(flags.platform),
        identityRules: identityRules(flags, before.identityRules),
        defaultChannel: cleared(flags.defaultChannel),
        retention: retention(flags, before.retention),
        owner: cleared(flags.owner),
        repositoryUrl: cleared(flags.repositoryUrl),
      },
      { names: APP_FIELDS },
    )
    if (Object.keys(input).length === 0) {
      throw new DistError('usage.invalid', `Cannot edit app "${args.app}": nothing to change was given`)
    }
    const app = await client.patch(App, path, input)
    context.output.result(app, () => appText(app))
    return 0
  },
})

/** `before` with the days that were given, as it is replaced as a whole; undefined when none were. */
function retention(
  { draftDays, replacedDays }: { draftDays: number | undefined; replacedDays: number | undefined },
  before: Retention,
): Retention | undefined {
  if (draftDays === undefined && replacedDays === undefined) return undefined
  return {
    ...before,
    ...(draftDays === undefined ? {} : { draftDays }),
    ...(replacedDays === undefined ? {} : { replacedDays }),
  }
}

/** The empty text takes a fact away. */
function cleared(text: string | undefined): string | null | undefined {
  return text === '' ? null : text
}
