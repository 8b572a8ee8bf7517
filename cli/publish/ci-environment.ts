import { Source } from '../../src/model/release.ts'
import type { Env } from '../config.ts'

/** One CI system: how to know it, and what it calls the facts that we record. */
interface CiSystem {
  readonly name: string
  readonly detect: (env: Env) => boolean
  readonly source: (env: Env) => { [K in keyof Source]: string | undefined }
}

/**
 * In order: Gitea and Forgejo also set GitHub's variables, Woodpecker some of GitLab's and Drone's, so the more special
 * one comes first. The names are those of each system's documentation of predefined variables.
 */
const SYSTEMS: readonly CiSystem[] = [
  {
    name: 'Forgejo or Gitea',
    detect: (env) => isSet(env.GITEA_ACTIONS) || isSet(env.FORGEJO_ACTIONS),
    source: (env) => ({
      ...githubRef(env),
      url: url`${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_NUMBER}`,
    }),
  },
  {
    name: 'GitHub',
    detect: (env) => isSet(env.GITHUB_ACTIONS),
    source: (env) => ({
      ...githubRef(env),
      url: url`${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`,
    }),
  },
  {
    name: 'Woodpecker',
    detect: (env) => env.CI === 'woodpecker' || env.CI_SYSTEM_NAME === 'woodpecker',
    source: (env) => ({
      commit: env.CI_COMMIT_SHA,
      branch: env.CI_COMMIT_SOURCE_BRANCH || env.CI_COMMIT_BRANCH,
      tag: env.CI_COMMIT_TAG,
      url: env.CI_PIPELINE_URL,
    }),
  },
  {
    name: 'GitLab',
    detect: (env) => isSet(env.GITLAB_CI),
    source: (env) => ({
      commit: env.CI_COMMIT_SHA,
      branch: env.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME || env.CI_COMMIT_BRANCH,
      tag: env.CI_COMMIT_TAG,
      url: env.CI_JOB_URL || env.CI_PIPELINE_URL,
    }),
  },
  {
    name: 'Drone',
    detect: (env) => isSet(env.DRONE),
    source: (env) => ({
      commit: env.DRONE_COMMIT_SHA,
      branch: env.DRONE_SOURCE_BRANCH || env.DRONE_BRANCH,
      tag: env.DRONE_TAG,
      url: env.DRONE_BUILD_LINK,
    }),
  },
  {
    name: 'Jenkins',
    detect: (env) => isSet(env.JENKINS_URL),
    source: (env) => ({
      commit: env.GIT_COMMIT,
      branch:
        env.CHANGE_BRANCH || (env.TAG_NAME ? undefined : env.BRANCH_NAME || env.GIT_BRANCH?.replace(/^origin\//, '')),
      tag: env.TAG_NAME,
      url: env.BUILD_URL,
    }),
  },
  {
    name: 'Bitbucket',
    detect: (env) => isSet(env.BITBUCKET_BUILD_NUMBER),
    source: (env) => ({
      commit: env.BITBUCKET_COMMIT,
      branch: env.BITBUCKET_BRANCH,
      tag: env.BITBUCKET_TAG,
      url: url`https://bitbucket.org/${env.BITBUCKET_REPO_FULL_NAME}/pipelines/results/${env.BITBUCKET_BUILD_NUMBER}`,
    }),
  },
  {
    name: 'CircleCI',
    detect: (env) => isSet(env.CIRCLECI),
    source: (env) => ({
      commit: env.CIRCLE_SHA1,
      branch: env.CIRCLE_BRANCH,
      tag: env.CIRCLE_TAG,
      url: env.CIRCLE_BUILD_URL,
    }),
  },
  {
    name: 'Azure Pipelines',
    detect: (env) => isSet(env.TF_BUILD),
    source: (env) => ({
      commit: env.BUILD_SOURCEVERSION,
      branch: strip('refs/heads/', env.SYSTEM_PULLREQUEST_SOURCEBRANCH || env.BUILD_SOURCEBRANCH),
      tag: strip('refs/tags/', env.BUILD_SOURCEBRANCH),
      url: azureUrl(env),
    }),
  },
  {
    name: 'Buildkite',
    detect: (env) => isSet(env.BUILDKITE),
    source: (env) => ({
      commit: env.BUILDKITE_COMMIT,
      branch: env.BUILDKITE_BRANCH,
      tag: env.BUILDKITE_TAG,
      url: env.BUILDKITE_BUILD_URL,
    }),
  },
]

/**
 * Where this run's sources are from, as far as the CI system tells; empty outside CI. A value that does not fit is left
 * out: it describes the release and must not stop it.
 */
export function sourceFromCi(env: Env): Source {
  const found = SYSTEMS.find((system) => system.detect(env))?.source(env)
  if (!found) return {}
  const { commit, branch, tag, url } = Source.shape
  return {
    // Buildkite says HEAD when it was asked to build whatever is newest, which is no commit.
    ...(/^[0-9a-f]{7,64}$/i.test(found.commit ?? '') ? fitting('commit', commit, found.commit) : {}),
    ...fitting('branch', branch, found.branch),
    ...fitting('tag', tag, found.tag),
    ...fitting('url', url, found.url),
  }
}

/** Name of the CI system for words; undefined outside CI. */
export function ciName(env: Env): string | undefined {
  return SYSTEMS.find((system) => system.detect(env))?.name
}

function fitting(
  key: keyof Source,
  schema: { safeParse(value: unknown): { success: boolean } },
  value: string | undefined,
): Source {
  return value && schema.safeParse(value).success ? { [key]: value } : {}
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false'
}

function githubRef(env: Env): { commit: string | undefined; branch: string | undefined; tag: string | undefined } {
  const isTag = env.GITHUB_REF_TYPE === 'tag' || env.GITHUB_REF?.startsWith('refs/tags/') === true
  const name = env.GITHUB_REF_NAME || strip('refs/heads/', env.GITHUB_REF) || strip('refs/tags/', env.GITHUB_REF)
  return {
    commit: env.GITHUB_SHA,
    branch: env.GITHUB_HEAD_REF || (isTag ? undefined : name),
    tag: isTag ? name : undefined,
  }
}

function azureUrl(env: Env): string | undefined {
  const project = env.SYSTEM_TEAMPROJECT
  const base = env.SYSTEM_TEAMFOUNDATIONCOLLECTIONURI?.replace(/\/+$/, '')
  return project && url`${base}/${encodeURIComponent(project)}/_build/results?buildId=${env.BUILD_BUILDID}`
}

/** The rest after `prefix`; undefined when the text does not start with it. */
function strip(prefix: string, text: string | undefined): string | undefined {
  return text?.startsWith(prefix) ? text.slice(prefix.length) : undefined
}

/** The URL, or undefined when a part is missing. */
function url(parts: TemplateStringsArray, ...values: (string | undefined)[]): string | undefined {
  if (values.some((value) => value === undefined || value === '')) return undefined
  return parts.reduce((text, part, i) => text + values[i - 1] + part)
}
