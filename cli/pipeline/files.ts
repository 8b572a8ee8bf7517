import type { Digest } from '../../src/bytes/digest.ts'
import type { PipelineState, PlannedArtifact } from '../../src/model/pipeline-state.ts'
import type { Release } from '../../src/model/release.ts'
import { segment } from '../client.ts'
import { knownName, mayBe } from '../manifest/files.ts'
import type { UnbuiltPlan, WantedFile } from '../publish/plan.ts'

/** The files of a plan with the URLs that they will have. */
export function plannedFiles(files: UnbuiltPlan['files'], release: Pick<Release, 'url' | 'setUrl'>): PlannedArtifact[] {
  return files.map((file) => {
    const fileName = knownName(file) ?? null
    const below = (url: string | null) => (url === null || fileName === null ? null : `${url}/${segment(fileName)}`)
    const { path, many, declared } = file
    return { path, many, fileName, declared, url: below(release.url), setUrl: below(release.setUrl), digest: null }
  })
}

/** What to look for when the file is built. */
export function wantedOf({ path, many, fileName, declared }: PlannedArtifact): WantedFile {
  return { path, many, fileName: fileName ?? undefined, declared }
}

/** Whether a file of a release is this one of the plan, or one that its pattern may stand for. */
export function isPlannedAs(planned: PlannedArtifact, fileName: string): boolean {
  return planned.fileName === null ? mayBe(wantedOf(planned), fileName) : planned.fileName === fileName
}

/** The state with what is known of a release by now. */
export function stateAfter(state: PipelineState, release: Release, stage: PipelineState['stage']): PipelineState {
  const { id, ref, version, build, url, setUrl } = release
  const files = state.files.map((file) => {
    const [first, ...more] = release.artifacts.filter(({ fileName }) => isPlannedAs(file, fileName))
    // A pattern that stands for several files has no digest.
    const digest = first !== undefined && more.length === 0 ? (first.digest as Digest) : null
    return { ...file, digest }
  })
  return {
    ...state,
    stage,
    release: { id, ref, version, build, url, setUrl },
    files,
    previewUrl: release.previewUrl ?? state.previewUrl,
  }
}
