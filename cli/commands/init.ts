import { basename, dirname, resolve } from 'node:path'
import { z } from 'zod'
import { DistError } from '../../src/errors.ts'
import { Slug } from '../../src/model/app.ts'
import { manifestSchema } from '../../src/model/manifest-schema.ts'
import { Version } from '../../src/model/version.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { findBuildOutput, OUTPUT_FOLDERS } from '../init/build-output.ts'
import { draftManifest, manifestText } from '../init/draft-manifest.ts'
import { readProject } from '../init/project.ts'
import { claim, writeTarget } from '../target-file.ts'
import { bareVersionHint } from '../version-hint.ts'
import { table } from '../width.ts'

const Given = z.object({ app: Slug.optional(), version: Version.optional() })

export const command = defineCommand({
  summary: 'look at the build output and write a dist.json',
  description: `Looks into ${OUTPUT_FOLDERS.join(', ')}, or the folders given, and recognises artifacts by their bytes.
With DIST_SERVER or --server the file names the schema of that server as its "$schema", for editors.`,
  examples: ['init', 'init build/release --app acme-notes --version 1.4.0', 'init --schema > dist.schema.json'],
  args: { folders: { help: 'folders to look into, relative to where dist.json is', many: true, optional: true } },
  flags: {
    app: { type: 'text', value: 'slug', help: 'the app; the name of the project unless given' },
    version: { type: 'text', help: 'version of the release; what project or bytes tell unless given' },
    output: { type: 'text', short: 'o', value: 'file', help: 'where to write (dist.json)' },
    force: { type: 'boolean', help: 'replace the file if it is there' },
    schema: { type: 'boolean', help: 'print the JSON Schema of dist.json, and do nothing else' },
  },
  async run(context, args, flags) {
    if (flags.schema) {
      const schema = manifestSchema()
      context.output.result(schema, () => `${JSON.stringify(schema, null, 2)}\n`)
      return 0
    }
    const given = checkedInput(
      Given,
      { app: flags.app, version: flags.version },
      { hint: bareVersionHint(flags.version) },
    )
    const path = resolve(context.cwd, flags.output ?? 'dist.json')
    await claim(path, flags.force)
    const root = dirname(path)
    const folders = args.folders.map((folder) => folder.replace(/\/+$/, ''))
    const found = await findBuildOutput(root, folders.length === 0 ? OUTPUT_FOLDERS : folders)
    const missing = folders.filter((folder) => !found.folders.includes(folder))
    if (missing.length > 0)
      throw new DistError('file.unreadable', `Cannot look into "${missing.join('", "')}": there is no such folder`)
    const { output, config } = context
    const schemaUrl = config.server && `${config.server.href.replace(/\/$/, '')}/schema/dist.json`
    const { manifest, notes, toFillIn } = draftManifest(await readProject(root), found.files, { ...given, schemaUrl })
    const looked = found.folders.length === 0 ? 'no build output was found' : `looked into ${found.folders.join(', ')}`
    if (!output.json) output.note(looked)
    if (found.isCut) output.warn('there are more files than were looked at; give the folder of the results')
    for (const { path: file, why } of found.unusable) output.warn(`${file} is left out: ${why}`)
    for (const note of notes) output.warn(note)
    await writeTarget(path, manifestText(manifest), flags.force)
    const result = {
      path,
      folders: found.folders,
      found: found.files.map(({ path: file, inspection }) => ({ path: file, ...inspection })),
      notes,
      toFillIn,
      manifest,
    }
    output.result(result, () => {
      const rows = found.files.map(({ path: file, inspection }) => [
        file,
        inspection.format,
        inspection.platform ?? '-',
        inspection.arch ?? '-',
        inspection.version ?? '-',
      ])
      const files = rows.length === 0 ? [] : table(['FILE', 'FORMAT', 'PLATFORM', 'ARCH', 'VERSION'], rows).split('\n')
      const first = toFillIn.length === 0 ? '' : `fill in ${toFillIn.join(', ')}, then `
      return [
        ...files,
        `wrote ${basename(path)} for ${manifest.app} ${manifest.version}`,
        `next: ${first}dist ci publish`,
      ]
    })
    return 0
  },
})
