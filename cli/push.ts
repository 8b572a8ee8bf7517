import { DistError } from '../src/errors.ts'
import { PushOutcome, type PushSlot, slotText } from '../src/model/branch.ts'
import { sizeText } from '../src/model/size.ts'
import { slotPath } from './branch-path.ts'
import { branchExpiryText } from './branch-text.ts'
import { fields } from './fields.ts'
import { type ExaminedFile, examineFiles } from './publish/examine.ts'
import type { PlannedFile } from './publish/plan.ts'
import type { PublishDeps } from './publish/publish.ts'
import { markdownText, markdownUrl } from './publish/step-outputs.ts'
import { useUpload } from './upload/use-upload.ts'

/** What the server says, and whether bytes were sent for it. */
export type Pushed = PushOutcome & { readonly uploaded: boolean }

/**
 * Examines a file, uploads it and puts it into the slot of the branch build that its bytes or its publisher tell. A run
 * that was killed anywhere and is started again ends where one run would have.
 * @param byPackage the name is what stands behind `@` in the name that is made of it: `@acme/x@main`
 * @throws DistError what examining and uploading throw; branch.name, branch.mismatch, access.denied
 */
export async function pushFile(
  target: { readonly app: string; readonly branch: string },
  planned: PlannedFile,
  about: Omit<PushSlot, 'uploadId'>,
  deps: PublishDeps,
  byPackage = false,
): Promise<Pushed> {
  const [file] = await examineFiles([planned], deps.progress, deps.signal, 'any')
  const { fileName, resolved } = file!
  const { format, install } = planned.declared
  const branch = byPackage ? `${packageOf(file!)}@${target.branch}` : target.branch
  const path = slotPath({ app: target.app, branch }, resolved)
  const client = await deps.client()
  const { value, sent } = await useUpload(client, file!, async (uploadId) => {
    const input: PushSlot = { ...about, uploadId, fileName }
    if (format !== undefined) input.format = format
    if (install !== undefined) input.install = install
    return (await client.request(PushOutcome, 'PUT', path, { json: input })).value
  })
  return { ...value, uploaded: sent }
}

/** @throws DistError branch.name when the bytes name no package */
function packageOf({ fileName, identifier }: ExaminedFile): string {
  if (identifier !== undefined) return identifier
  throw new DistError(
    'branch.name',
    `Cannot name a branch build by the package in "${fileName}": its bytes name none`,
    {
      hint: 'Give the whole name, without --by-package',
    },
  )
}

/** What later steps of a CI job want to know, by the names under which they read it. */
export function pushOutputs({ branch, slot }: Pushed): Record<string, string> {
  return { branch_url: branch.url, download_url: slot.url, slot: slotText(slot), digest: slot.digest }
}

/** Markdown for the page of the CI run. */
export function pushSummary({ branch, slot }: Pushed): string {
  const name = markdownText(slot.fileName)
  return [
    `### ${markdownText(branch.app)} ${markdownText(branch.name)}`,
    '',
    `[Branch build](${markdownUrl(branch.url)})`,
    '',
    '| File | Slot | SHA-256 |',
    '| --- | --- | --- |',
    `| [${name}](${markdownUrl(slot.url)}) | ${slotText(slot)} | \`${slot.digest.slice(7)}\` |`,
    '',
    '',
  ].join('\n')
}

export function pushedText({ branch, slot, replaced, previous }: Pushed, nowMs: number): string {
  const what = replaced ? 'replaced' : previous === null ? 'pushed' : 'unchanged'
  return fields({
    [what]: `${branch.app} ${branch.name}`,
    slot: slotText(slot),
    file: `${slot.fileName}, ${slot.format}, ${sizeText(slot.sizeBytes)}`,
    digest: slot.digest,
    page: branch.url,
    download: slot.url,
    expires: branchExpiryText(branch, nowMs),
  })
}
