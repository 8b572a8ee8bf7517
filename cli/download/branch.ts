import { parseDigest } from '../../src/bytes/digest.ts'
import { DistError } from '../../src/errors.ts'
import { Branch, type BranchSlot } from '../../src/model/branch.ts'
import { sizeText } from '../../src/model/size.ts'
import { branchPath, branchSegments } from '../branch-path.ts'
import type { Client } from '../client.ts'
import type { Context } from '../command.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Wish } from './choose.ts'
import { chooseSlot } from './choose-slot.ts'
import { type Saved, saveVerified } from './save.ts'
import { saveOptions } from './save-options.ts'
import { targetPath } from './target-path.ts'

/** A branch build that is pushed anew again and again while it is downloaded. */
const MAX_REPLACEMENTS = 5

/**
 * Downloads the file of a branch build that fits. One that is replaced on the way is begun anew: what is kept is always
 * one whole build.
 * @throws DistError what choosing and saving throw; `usage.invalid` for `app@version`; `branch.not_found`
 */
export async function downloadBranch(
  context: Context,
  app: string,
  branch: string,
  flags: Wish & { readonly output?: string | undefined; readonly force: boolean },
): Promise<ExitCode> {
  if (app.includes('@')) {
    throw new DistError('usage.invalid', `Cannot download "${app}" with --branch: a branch build has no versions`, {
      hint: 'Give the app alone',
    })
  }
  const target = { app, branch }
  const path = branchPath(target)
  const client = await context.client({ anonymous: true })
  for (let replacements = 0; ; replacements++) {
    const slot = chooseSlot((await client.get(Branch, path)).slots, flags)
    try {
      const file = await targetPath(context.cwd, flags.output, slot.fileName)
      const saved = await saveSlot(client, target, slot, file, saveOptions(client, context.signal, flags.force))
      tell(context, target, slot, file, saved)
      return 0
    } catch (error) {
      if (replacements >= MAX_REPLACEMENTS || !mayBeReplaced(error)) throw error
      const now = chooseSlot((await client.get(Branch, path)).slots, flags)
      if (now.digest === slot.digest) throw error
    }
  }
}

function saveSlot(
  client: Client,
  target: { readonly app: string; readonly branch: string },
  { platform, arch, sizeBytes, digest }: BranchSlot,
  file: string,
  options: Parameters<typeof saveVerified>[2],
): Promise<Saved> {
  const url = `${branchSegments(target)}/download?platform=${platform}&arch=${arch}`
  const open = (headers: Readonly<Record<string, string>>) => client.download(url, { headers })
  return saveVerified(file, { sizeBytes, digest: parseDigest(digest), open }, options)
}

function tell(
  { output }: Context,
  { app, branch }: { readonly app: string; readonly branch: string },
  { fileName, sizeBytes, digest, platform, arch, format }: BranchSlot,
  path: string,
  saved: Saved,
): void {
  const artifact = { fileName, sizeBytes, digest, platform, arch, format }
  output.result({ app, branch, artifact, path, ...saved }, () => {
    const how = saved.written ? sizeText(sizeBytes) : 'there already'
    return [path, `${app} ${branch}, ${how}, ${digest} verified`]
  })
}

/** What a download ends with when the URL serves other bytes than those that were chosen. */
function mayBeReplaced(error: unknown): boolean {
  const codes = ['verify.failed', 'server.nonsense', 'artifact.not_found', 'request.range']
  return error instanceof DistError && codes.includes(error.code)
}
