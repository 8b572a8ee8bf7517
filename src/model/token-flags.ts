/** What the command lines of `dist` and `distd` call the fields of a token that is created; the same, by one list. */
export const TOKEN_FLAGS: Readonly<Record<string, string>> = {
  name: '--name',
  actions: '--allow',
  apps: '--app',
  channels: '--channel',
  branches: '--branch-name, --branch-prefix, --package and --category',
  'branches.name': '--branch-name',
  'branches.prefix': '--branch-prefix',
  'branches.package': '--package',
  'branches.category': '--category',
  expiresInDays: '--expires',
}
