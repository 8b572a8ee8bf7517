import type { CommandEntry } from './command.ts'

/** What the first word of two stands for. */
export const GROUPS: Readonly<Record<string, string>> = {
  ci: 'publish from a CI job',
  app: 'the apps of the server',
  release: 'the releases of an app',
  channel: 'the channels of an app',
  announcement: 'texts that made releases live',
  preview: 'releases to look at before they are announced',
  branch: 'mutable builds that are no releases',
  token: 'credentials for CI and automation',
  user: 'people who sign in, and what they may do',
  share: 'links that let somebody without an account read',
  audit: 'the log of everything that was done',
  upload: 'bytes on their way into a draft',
}

/** All commands, in the order of the help. The imports are explicit: a compiled binary has no folder to search. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    words: 'ci publish',
    summary: 'publish what dist.json describes',
    load: () => import('./commands/ci-publish.ts'),
  },
  {
    words: 'ci plan',
    summary: 'reserve the version of dist.json, so that its URLs are known before anything is built',
    load: () => import('./commands/ci-plan.ts'),
  },
  {
    words: 'ci host',
    summary: 'upload what was planned and seal the release; live for nobody yet',
    load: () => import('./commands/ci-host.ts'),
  },
  {
    words: 'ci announce',
    summary: 'make what was hosted live and move its channel',
    load: () => import('./commands/ci-announce.ts'),
  },
  {
    words: 'ci preview',
    summary: 'host a release and give it an address to look at it that expires',
    load: () => import('./commands/ci-preview.ts'),
  },
  { words: 'publish', summary: 'publish files without a dist.json', load: () => import('./commands/publish.ts') },
  { words: 'app list', summary: 'list the apps this credential may see', load: () => import('./commands/app-list.ts') },
  { words: 'app show', summary: 'show an app', load: () => import('./commands/app-show.ts') },
  { words: 'app create', summary: 'create an app', load: () => import('./commands/app-create.ts') },
  {
    words: 'app edit',
    summary: 'change an app; what is not given stays as it is',
    load: () => import('./commands/app-edit.ts'),
  },
  {
    words: 'app delete',
    summary: 'delete an app that has no releases',
    load: () => import('./commands/app-delete.ts'),
  },
  {
    words: 'release list',
    summary: 'list the releases of an app, highest first',
    load: () => import('./commands/release-list.ts'),
  },
  {
    words: 'release show',
    summary: 'show a release with its files, findings and notes',
    load: () => import('./commands/release-show.ts'),
  },
  {
    words: 'release changes',
    summary: 'tell what differs between a release and the one below it, or another one',
    load: () => import('./commands/release-changes.ts'),
  },
  {
    words: 'release announce',
    summary: 'make a published release live',
    load: () => import('./commands/release-announce.ts'),
  },
  {
    words: 'release yank',
    summary: 'withdraw an announced release; its exact URLs go on to serve, with a warning',
    load: () => import('./commands/release-yank.ts'),
  },
  {
    words: 'release unyank',
    summary: 'bring a yanked release back',
    load: () => import('./commands/release-unyank.ts'),
  },
  {
    words: 'release discard',
    summary: 'throw away a draft or a release that was never announced; its version is free again',
    load: () => import('./commands/release-discard.ts'),
  },
  {
    words: 'release purge',
    summary: 'remove the files of an announced release for good; its version is never given again',
    load: () => import('./commands/release-purge.ts'),
  },
  {
    words: 'preview create',
    summary: 'give a published release an address to look at it that expires',
    load: () => import('./commands/preview-create.ts'),
  },
  {
    words: 'preview list',
    summary: 'list the previews of an app that have not expired',
    load: () => import('./commands/preview-list.ts'),
  },
  {
    words: 'preview end',
    summary: 'end a preview; a release that nobody announced is discarded with it',
    load: () => import('./commands/preview-end.ts'),
  },
  {
    words: 'announcement create',
    summary: 'make published releases live together: all of them, or none',
    load: () => import('./commands/announcement-create.ts'),
  },
  {
    words: 'announcement list',
    summary: 'list the announcements of an app, newest first',
    load: () => import('./commands/announcement-list.ts'),
  },
  {
    words: 'announcement show',
    summary: 'show an announcement with what it made live and what it says',
    load: () => import('./commands/announcement-show.ts'),
  },
  {
    words: 'channel list',
    summary: 'list the channels of an app and where they are',
    load: () => import('./commands/channel-list.ts'),
  },
  { words: 'channel show', summary: 'show a channel and its policy', load: () => import('./commands/channel-show.ts') },
  {
    words: 'channel history',
    summary: 'list the moves of a channel, newest first',
    load: () => import('./commands/channel-history.ts'),
  },
  {
    words: 'channel promote',
    summary: 'point a channel to an announced release; the first promotion creates it',
    load: () => import('./commands/channel-promote.ts'),
  },
  {
    words: 'channel rollback',
    summary: 'point a channel back to an earlier release',
    load: () => import('./commands/channel-rollback.ts'),
  },
  {
    words: 'channel protect',
    summary: 'let a channel be moved only by a person or a token with "promote"',
    load: () => import('./commands/channel-protect.ts'),
  },
  {
    words: 'channel policy',
    summary: 'change what a channel accepts; what is not given stays as it is',
    load: () => import('./commands/channel-policy.ts'),
  },
  {
    words: 'branch push',
    summary: 'put a file into its slot of a branch build; what was there is replaced at once',
    load: () => import('./commands/branch-push.ts'),
  },
  {
    words: 'branch list',
    summary: 'list the branch builds of an app',
    load: () => import('./commands/branch-list.ts'),
  },
  {
    words: 'branch show',
    summary: 'show a branch build with its files',
    load: () => import('./commands/branch-show.ts'),
  },
  {
    words: 'branch delete',
    summary: 'delete a branch build, or one file of it',
    load: () => import('./commands/branch-delete.ts'),
  },
  {
    words: 'token create',
    summary: 'create a token; its secret is shown once',
    load: () => import('./commands/token-create.ts'),
  },
  {
    words: 'token list',
    summary: 'list the tokens of the server; their secrets are kept nowhere',
    load: () => import('./commands/token-list.ts'),
  },
  {
    words: 'token show',
    summary: 'show what a token may do, and until when',
    load: () => import('./commands/token-show.ts'),
  },
  {
    words: 'token revoke',
    summary: 'revoke a token; it stops working at once',
    load: () => import('./commands/token-revoke.ts'),
  },
  {
    words: 'user create',
    summary: 'create an account for a person; the invite link is shown once',
    load: () => import('./commands/user-create.ts'),
  },
  { words: 'user list', summary: 'list the people who have an account', load: () => import('./commands/user-list.ts') },
  { words: 'user show', summary: 'show a person with all roles', load: () => import('./commands/user-show.ts') },
  {
    words: 'user edit',
    summary: 'change the roles of a person; what is not given stays as it is',
    load: () => import('./commands/user-edit.ts'),
  },
  {
    words: 'user link',
    summary: 'print a new link with which a person sets the password; links given before end',
    load: () => import('./commands/user-link.ts'),
  },
  {
    words: 'user disable',
    summary: 'keep a person out; all sessions end at once, and the roles stay for later',
    load: () => import('./commands/user-disable.ts'),
  },
  {
    words: 'user enable',
    summary: 'let a disabled person sign in again, with the password and the roles of before',
    load: () => import('./commands/user-enable.ts'),
  },
  {
    words: 'user delete',
    summary: 'delete an account with its sessions and roles; the audit log keeps the name',
    load: () => import('./commands/user-delete.ts'),
  },
  {
    words: 'share create',
    summary: 'let somebody without an account read a channel or a release; the link is shown once',
    load: () => import('./commands/share-create.ts'),
  },
  {
    words: 'share list',
    summary: 'list share links; the links themselves are not shown again',
    load: () => import('./commands/share-list.ts'),
  },
  {
    words: 'share show',
    summary: 'show a share link with what was fetched through it',
    load: () => import('./commands/share-show.ts'),
  },
  {
    words: 'share revoke',
    summary: 'revoke a share link; it opens nothing from the next request on',
    load: () => import('./commands/share-revoke.ts'),
  },
  { words: 'audit list', summary: 'list audit events, newest first', load: () => import('./commands/audit-list.ts') },
  {
    words: 'audit verify',
    summary: 'recompute the hash chain of the whole audit log',
    load: () => import('./commands/audit-verify.ts'),
  },
  {
    words: 'audit export',
    summary: 'write all audit events, oldest first, as JSON lines',
    load: () => import('./commands/audit-export.ts'),
  },
  { words: 'whoami', summary: 'tell who the server takes us for', load: () => import('./commands/whoami.ts') },
  {
    words: 'download',
    summary: 'download a file, verified; an interrupted download is continued',
    load: () => import('./commands/download.ts'),
  },
  { words: 'verify', summary: 'check that a file is what was published', load: () => import('./commands/verify.ts') },
  {
    words: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    load: () => import('./commands/completion.ts'),
  },
  {
    words: 'doctor',
    summary: 'look for what keeps dist from working: path, server, token, clock',
    load: () => import('./commands/doctor.ts'),
  },
  {
    words: 'release create',
    summary: 'begin a draft, step by step instead of "dist ci publish"',
    load: () => import('./commands/release-create.ts'),
  },
  {
    words: 'release attach',
    summary: 'upload a file into a draft',
    load: () => import('./commands/release-attach.ts'),
  },
  {
    words: 'release detach',
    summary: 'take a file out of a draft',
    load: () => import('./commands/release-detach.ts'),
  },
  {
    words: 'release link',
    summary: 'add an install path that is not a file to a draft',
    load: () => import('./commands/release-link.ts'),
  },
  {
    words: 'release unlink',
    summary: 'take a link out of a draft',
    load: () => import('./commands/release-unlink.ts'),
  },
  {
    words: 'release publish',
    summary: 'seal a draft: its files and its version are fixed from then on',
    load: () => import('./commands/release-publish.ts'),
  },
  {
    words: 'upload cancel',
    summary: 'give up an unfinished upload; its bytes are removed',
    load: () => import('./commands/upload-cancel.ts'),
  },
  {
    words: 'inspect',
    summary: 'tell what the server would read from a file; works offline',
    load: () => import('./commands/inspect.ts'),
  },
  {
    words: 'init',
    summary: 'look at the build output and write a dist.json',
    load: () => import('./commands/init.ts'),
  },
  { words: 'version', summary: 'print the version of dist', load: () => import('./commands/version.ts') },
]

/** The entry that the first words of a command line name exactly; undefined when none does. */
export function findCommand(argv: readonly string[]): CommandEntry | undefined {
  return COMMANDS.find((entry) => entry.words.split(' ').every((word, i) => argv[i] === word))
}
