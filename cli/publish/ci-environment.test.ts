import assert from 'node:assert/strict'
import test from 'node:test'
import { ciName, sourceFromCi } from './ci-environment.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

const CASES: readonly { name: string; env: Record<string, string>; source: Record<string, string> }[] = [
  {
    name: 'GitHub',
    env: {
      GITHUB_ACTIONS: 'true',
      GITHUB_SHA: COMMIT,
      GITHUB_REF: 'refs/tags/v1.4.0',
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REF_NAME: 'v1.4.0',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/notes',
      GITHUB_RUN_ID: '77',
      GITHUB_RUN_NUMBER: '5',
    },
    source: { commit: COMMIT, tag: 'v1.4.0', url: 'https://github.com/acme/notes/actions/runs/77' },
  },
  {
    name: 'Forgejo or Gitea',
    env: {
      GITEA_ACTIONS: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_SHA: COMMIT,
      GITHUB_REF: 'refs/pull/3/merge',
      GITHUB_REF_NAME: '3/merge',
      GITHUB_HEAD_REF: 'feature/x',
      GITHUB_SERVER_URL: 'https://git.example',
      GITHUB_REPOSITORY: 'acme/notes',
      GITHUB_RUN_ID: '77',
      GITHUB_RUN_NUMBER: '5',
    },
    source: { commit: COMMIT, branch: 'feature/x', url: 'https://git.example/acme/notes/actions/runs/5' },
  },
  {
    name: 'GitLab',
    env: {
      GITLAB_CI: 'true',
      CI_COMMIT_SHA: COMMIT,
      CI_COMMIT_BRANCH: 'main',
      CI_JOB_URL: 'https://gl.example/-/jobs/1',
    },
    source: { commit: COMMIT, branch: 'main', url: 'https://gl.example/-/jobs/1' },
  },
  {
    name: 'Jenkins',
    env: {
      JENKINS_URL: 'https://j.example/',
      GIT_COMMIT: COMMIT,
      GIT_BRANCH: 'origin/main',
      BUILD_URL: 'https://j.example/job/7/',
    },
    source: { commit: COMMIT, branch: 'main', url: 'https://j.example/job/7/' },
  },
  {
    name: 'Bitbucket',
    env: {
      BITBUCKET_BUILD_NUMBER: '9',
      BITBUCKET_COMMIT: COMMIT,
      BITBUCKET_BRANCH: 'main',
      BITBUCKET_REPO_FULL_NAME: 'acme/notes',
    },
    source: { commit: COMMIT, branch: 'main', url: 'https://bitbucket.org/acme/notes/pipelines/results/9' },
  },
  {
    name: 'CircleCI',
    env: { CIRCLECI: 'true', CIRCLE_SHA1: COMMIT, CIRCLE_TAG: 'v2', CIRCLE_BUILD_URL: 'https://circleci.com/gh/a/b/3' },
    source: { commit: COMMIT, tag: 'v2', url: 'https://circleci.com/gh/a/b/3' },
  },
  {
    name: 'Azure Pipelines',
    env: {
      TF_BUILD: 'True',
      BUILD_SOURCEVERSION: COMMIT,
      BUILD_SOURCEBRANCH: 'refs/heads/feature/x',
      SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: 'https://dev.azure.com/acme/',
      SYSTEM_TEAMPROJECT: 'My Notes',
      BUILD_BUILDID: '12',
    },
    source: {
      commit: COMMIT,
      branch: 'feature/x',
      url: 'https://dev.azure.com/acme/My%20Notes/_build/results?buildId=12',
    },
  },
  {
    name: 'Drone',
    env: {
      DRONE: 'true',
      CI: 'true',
      DRONE_COMMIT_SHA: COMMIT,
      DRONE_BRANCH: 'main',
      DRONE_BUILD_LINK: 'https://d.example/1',
    },
    source: { commit: COMMIT, branch: 'main', url: 'https://d.example/1' },
  },
  {
    name: 'Woodpecker',
    env: { CI: 'woodpecker', CI_COMMIT_SHA: COMMIT, CI_COMMIT_BRANCH: 'main', CI_PIPELINE_URL: 'https://w.example/1' },
    source: { commit: COMMIT, branch: 'main', url: 'https://w.example/1' },
  },
  {
    name: 'Buildkite',
    env: {
      BUILDKITE: 'true',
      BUILDKITE_COMMIT: 'HEAD',
      BUILDKITE_BRANCH: 'main',
      BUILDKITE_BUILD_URL: 'https://b.example/1',
    },
    source: { branch: 'main', url: 'https://b.example/1' },
  },
]

for (const { name, env, source } of CASES) {
  test(`sourceFromCi() reads the variables of ${name}`, () => {
    assert.deepEqual(sourceFromCi(env), source)
    assert.equal(ciName(env), name)
  })
}

test('sourceFromCi() is empty outside CI and leaves out what does not fit', () => {
  assert.deepEqual(sourceFromCi({}), {})
  const env = { GITLAB_CI: 'true', CI_COMMIT_SHA: 'not a commit', CI_COMMIT_BRANCH: 'a\u202eb', CI_JOB_URL: 'ftp://x' }
  assert.deepEqual(sourceFromCi(env), {})
})
