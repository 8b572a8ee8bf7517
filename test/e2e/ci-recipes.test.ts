import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ActionsSystem, actionScripts, COMMIT, readWorkflow, runActions } from '../helpers/ci/actions.ts'
import { gitlabScripts, readPipeline, runGitLab } from '../helpers/ci/gitlab.ts'
import { jenkinsScripts, runJenkins } from '../helpers/ci/jenkins.ts'
import type { CiRun, CiWorld } from '../helpers/ci/machine.ts'
import { writeSampleProject } from '../helpers/ci/sample-project.ts'
import { digestOf, publishClient } from '../helpers/publish-client.ts'
import { createToken, dist, distd, ROOT, type TestServer, testRuntime, withServer } from '../helpers/server.ts'
import { startVerdaccio, type Verdaccio } from '../helpers/verdaccio.ts'

const recipe = (name: string) => join(ROOT, 'docs/ci', name)
const README = recipe('README.md')
const APP = 'acme-notes'

/** What the three kinds of jobs are given. */
type Purpose = 'release' | 'branches' | 'pull-requests'
type Tokens = Readonly<Record<Purpose, string>>

interface System {
  readonly name: string
  readonly file: string
  readonly simple: string
  readonly scripts: (file: string) => string[]
  /** Names that the system's jobs know the secrets by. */
  readonly secret: (tokens: Tokens, name: string, environment: string | undefined) => string | undefined
  readonly push: (file: string, world: CiWorld, push: 'tag' | 'branch', name: string) => Promise<CiRun>
  readonly request: (file: string, world: CiWorld, number: number, fromFork: boolean) => Promise<CiRun>
  /** Absent where the system does not tell. */
  readonly close?: (file: string, world: CiWorld, number: number) => Promise<CiRun>
  /** Of branch builds of requests. */
  readonly prefix: string
  readonly runUrl: string
  readonly announceJob: string
  readonly npmJob: string
}

/** One for all: a test begins without packages on it. */
let registry: Verdaccio
const registryFolder = mkdtempSync(join(tmpdir(), 'distd-registry-'))

before(async () => {
  registry = await startVerdaccio(registryFolder)
})

after(async () => {
  await registry?.stop()
  rmSync(registryFolder, { recursive: true, force: true })
})

function actionsSystem(system: ActionsSystem): System {
  const isGitHub = system === 'github'
  return {
    name: system,
    file: recipe(isGitHub ? 'github.yml' : 'forgejo.yml'),
    simple: recipe(isGitHub ? 'github-simple.yml' : 'forgejo-simple.yml'),
    scripts: actionScripts,
    secret(tokens, name, environment) {
      if (isGitHub) {
        if (name === 'NPM_TOKEN' && environment === 'release') return registry.token
        return name === 'DIST_TOKEN' ? tokens[environment as Purpose] : undefined
      }
      assert.equal(environment, undefined)
      const known: Record<string, string> = {
        DIST_RELEASE_TOKEN: tokens.release,
        DIST_BRANCH_TOKEN: tokens.branches,
        DIST_PR_TOKEN: tokens['pull-requests'],
        NPM_TOKEN: registry.token,
      }
      return known[name]
    },
    push: (file, world, push, name) => runActions(file, system, { push, name }, world),
    request: (file, world, pullRequest, fromFork) =>
      runActions(file, system, { pullRequest, action: 'synchronize', fromFork }, world),
    close: (file, world, pullRequest) => runActions(file, system, { pullRequest, action: 'closed' }, world),
    prefix: 'pr-',
    runUrl: isGitHub
      ? 'https://github.com/acme/notes/actions/runs/9001'
      : 'https://code.example/acme/notes/actions/runs/7',
    announceJob: 'announce',
    npmJob: 'npm',
  }
}

const GITLAB: System = {
  name: 'gitlab',
  file: recipe('gitlab.yml'),
  simple: recipe('gitlab-simple.yml'),
  scripts: gitlabScripts,
  secret(tokens, name, environment) {
    if (name === 'NPM_TOKEN') return environment === 'release' ? registry.token : undefined
    return environment === 'review/*' ? tokens['pull-requests'] : tokens[environment as Purpose]
  },
  push: (file, world, push, name) => runGitLab(file, { push, name }, world),
  request: (file, world, mergeRequest, fromFork) => runGitLab(file, { mergeRequest, fromFork }, world),
  close: (file, world, mergeRequest) => runGitLab(file, { mergeRequest, close: true }, world),
  prefix: 'mr-',
  runUrl: 'https://gitlab.example/acme/notes/-/jobs/7',
  announceJob: 'announce',
  npmJob: 'npm',
}

const JENKINS: System = {
  name: 'jenkins',
  file: recipe('Jenkinsfile'),
  simple: recipe('Jenkinsfile.simple'),
  scripts: jenkinsScripts,
  secret: (tokens, name) => (name === 'npm-token' ? registry.token : tokens[name.replace('dist-', '') as Purpose]),
  push: (file, world, push, name) => runJenkins(file, { push, name }, world),
  request: (file, world, changeRequest, fromFork) => runJenkins(file, { changeRequest, fromFork }, world),
  prefix: 'pr-',
  runUrl: 'https://ci.example/job/acme/job/notes/7/',
  announceJob: 'Announce',
  npmJob: 'npm',
}

const GITHUB = actionsSystem('github')
const SYSTEMS = [GITHUB, GITLAB, actionsSystem('forgejo'), actionsSystem('gitea'), JENKINS]

/** Steps that some test of this file has run, by file. */
const ran = new Map<string, Set<string>>()

/** The lines that the README has for making the tokens. */
const TOKEN_LINES = [...readFileSync(README, 'utf8').matchAll(/^dist token create (.+)$/gm)].map(([, words]) => words!)

/** Makes the tokens with the lines of the README, as its administrator would. */
async function makeTokens(server: TestServer, prefix: string, change = (line: string) => line): Promise<Tokens> {
  const admin = await createToken(server.data, '--allow', 'admin', '--expires', 'never')
  const made: Record<string, string> = {}
  for (const line of TOKEN_LINES) {
    const words = change(line.replace('pr-', prefix)).split(' ')
    const run = await dist(['token', 'create', ...words], { env: { DIST_SERVER: server.url, DIST_TOKEN: admin } })
    assert.equal(run.code, 0, run.stderr)
    made[line.replace(/^--name acme-notes-(\S+) .*/, '$1')] = run.stdout.trim()
  }
  assert.deepEqual(Object.keys(made), ['release', 'branches', 'pull-requests'])
  return made as Tokens
}

interface Stage {
  readonly system: System
  readonly server: TestServer
  readonly tokens: Tokens
  /** Runs one pipeline on new machines. */
  play(file: string, work: (file: string, world: CiWorld) => Promise<CiRun>): Promise<CiRun>
  /** What everybody may see of the app. */
  readonly anybody: ReturnType<typeof publishClient>
  before: CiWorld['before']
}

/** Runs `work` with a server, its tokens, a sample project and no package on the registry. */
function onStage(system: System, work: (stage: Stage) => Promise<void>, change?: (line: string) => string) {
  return withServer(async (server, folder) => {
    // A test that failed may have left it down.
    await registry.start()
    await registry.unpublish(APP)
    const tokens = await makeTokens(server, system.prefix, change)
    const project = join(folder, 'project')
    writeSampleProject(project, README, registry.url)
    const stage: Stage = {
      system,
      server,
      tokens,
      anybody: publishClient(server.url),
      before: undefined,
      async play(file, run) {
        const world: CiWorld = {
          folder: mkdtempSync(join(folder, 'run-')),
          project,
          server: server.url,
          secret: (name, environment) => system.secret(tokens, name, environment),
          ...(stage.before ? { before: stage.before } : {}),
        }
        const result = await run(file, world)
        const steps = ran.get(file) ?? new Set()
        ran.set(file, steps)
        for (const { script, code, output } of result.steps) {
          steps.add(script)
          assert.notEqual(code, 2, `a command line that is wrong: ${script}\n${output}`)
          for (const secret of [...Object.values(tokens), registry.token])
            assert.ok(!output.includes(secret), `a secret is in the output of ${script}`)
        }
        return result
      },
    }
    await work(stage)
  })
}

/** Fails with what the steps said. */
function allSucceed(run: CiRun): void {
  assert.ok(run.steps.length > 0, 'no step ran')
  for (const step of run.steps) assert.equal(step.code, 0, `${step.job}: ${step.script}\n${step.output}`)
}

async function branches(stage: Stage) {
  const { json } = await publishClient(stage.server.url, stage.tokens.branches).call(
    'GET',
    `/apps/${APP}/branches`,
    [200],
  )
  return json.items as { name: string; expiresAt: string | null; slots: { platform: string; arch: string }[] }[]
}

for (const system of SYSTEMS) {
  test(`a tag on ${system.name} (${testRuntime}) is discarded when npm fails, and announced by the next run, in public only then`, () =>
    onStage(system, async (stage) => {
      const owner = publishClient(stage.server.url, stage.tokens.release)
      const isPublic = async () => {
        const list = await stage.anybody.ask('GET', `/api/v1/apps/${APP}/releases`)
        const latest = await stage.anybody.ask('GET', `/${APP}/latest/notes-linux-x64.tar.gz`)
        const channel = await stage.anybody.ask('GET', `/${APP}/beta/notes-linux-x64.tar.gz`)
        return (list.status === 200 && list.json.items.length > 0) || latest.status === 200 || channel.status === 200
      }
      const seen: string[] = []
      stage.before = async (job, script) => {
        seen.push(job)
        assert.ok(seen.includes(system.announceJob) || !(await isPublic()), `the release is public before ${script}`)
      }
      const onTag = (file: string, world: CiWorld) => system.push(file, world, 'tag', 'v1.4.0')

      await registry.stop()
      const failed = await stage.play(system.file, onTag)
      const codes = failed.steps.filter(({ code }) => code !== 0).map(({ job }) => job)
      assert.deepEqual(codes, [system.npmJob], failed.steps.at(-1)?.output)
      assert.match(failed.steps.find(({ code }) => code !== 0)?.output ?? '', /ECONNREFUSED/)
      assert.match(failed.steps.at(-1)?.script ?? '', /dist release discard/)
      assert.ok(!seen.includes(system.announceJob))
      const gone = await owner.ask('GET', `/api/v1/apps/${APP}/releases/1.4.0`)
      assert.equal(gone.status, 404, gone.text)
      assert.ok(!(await isPublic()))

      await registry.start()
      assert.equal((await registry.published(APP)).size, 0)
      const run = await stage.play(system.file, onTag)
      allSucceed(run)
      assert.ok(run.steps.every(({ script }) => !script.includes('discard')))
      const { json: release } = await stage.anybody.call('GET', `/apps/${APP}/releases/1.4.0`, [200])
      assert.equal(release.state, 'announced')
      assert.equal(release.tag, 'v1.4.0')
      assert.deepEqual(
        [release.source.commit, release.source.tag, release.source.url],
        [COMMIT, 'v1.4.0', system.runUrl],
      )
      const { json: channel } = await stage.anybody.call('GET', `/apps/${APP}/channels/beta`, [200])
      assert.equal(channel.current ?? channel.release?.ref, '1.4.0')
      const served = await stage.anybody.ask('GET', `/${APP}/beta/acme-notes-1.4.0.tgz`)
      const published = (await registry.published(APP)).get('1.4.0')
      assert.ok(published)
      assert.deepEqual([served.status, digestOf(served.bytes)], [200, digestOf(published)])
      assert.equal((await stage.anybody.ask('GET', `/${APP}/latest/notes-linux-x64.tar.gz`)).status, 200)
      if (system === GITHUB) assert.ok(run.steps.at(-1)?.output.includes(`::notice::${release.url}`))
      if (system === GITLAB) assert.equal(run.urls.announce, release.url)
    }))

  test(`branches and requests on ${system.name} (${testRuntime}) leave the builds of their names, and expiry`, () =>
    onStage(system, async (stage) => {
      await publishClient(stage.server.url, stage.tokens.release).createApp(APP)
      const begun = Date.now()
      for (const name of ['main', 'release/1.x'])
        allSucceed(await stage.play(system.file, (file, world) => system.push(file, world, 'branch', name)))
      const other = await stage.play(system.file, (file, world) =>
        system.push(file, world, 'branch', 'feature/colours'),
      )
      assert.deepEqual(other.steps, [])
      allSucceed(await stage.play(system.file, (file, world) => system.request(file, world, 123, false)))
      const requested = `${system.prefix}123`
      const found = await branches(stage)
      assert.deepEqual(found.map(({ name }) => name).sort(), ['main', 'release/1.x', requested].sort())
      for (const { name, expiresAt, slots } of found) {
        assert.deepEqual(
          slots.map(({ platform, arch }) => [platform, arch]),
          [['linux', 'x64']],
        )
        if (name === requested) {
          const days = (Date.parse(expiresAt ?? '') - begun) / 86_400_000
          assert.ok(days >= 14 && days < 14.1, `${days}`)
        } else assert.equal(expiresAt, null)
      }
      const bytes = await stage.anybody.ask('GET', `/${APP}/branches/release%2F1.x/notes-linux-x64.tar.gz`)
      assert.equal(bytes.status, 200)

      const fork = await stage.play(system.file, (file, world) => system.request(file, world, 124, true))
      assert.deepEqual(fork.steps, [])
      const { close } = system
      if (close) {
        allSucceed(await stage.play(system.file, (file, world) => close(file, world, 123)))
        // A request that never got as far as a build.
        if (system !== GITLAB) allSucceed(await stage.play(system.file, (file, world) => close(file, world, 125)))
        assert.deepEqual((await branches(stage)).map(({ name }) => name).sort(), ['main', 'release/1.x'])
      }
      const releases = await publishClient(stage.server.url, stage.tokens.release).call(
        'GET',
        `/apps/${APP}/releases?state=all`,
        [200],
      )
      assert.deepEqual(releases.json.items, [])
    }))

  test(`the recipe of one command on ${system.name} (${testRuntime}) announces a tag`, () =>
    onStage(system, async (stage) => {
      const run = await stage.play(system.simple, (file, world) => system.push(file, world, 'tag', 'v1.4.0'))
      allSucceed(run)
      const { json: release } = await stage.anybody.call('GET', `/apps/${APP}/releases/1.4.0`, [200])
      assert.deepEqual(
        [release.state, release.source.commit, release.source.tag, release.source.url],
        ['announced', COMMIT, 'v1.4.0', system.runUrl],
      )
      assert.equal(release.artifacts.length, 2)
      assert.equal((await stage.anybody.ask('GET', `/${APP}/beta/acme-notes-1.4.0.tgz`)).status, 200)
      if (system === GITLAB) assert.equal(run.urls.release, release.url)
      const branch = await stage.play(system.simple, (file, world) => system.push(file, world, 'branch', 'main'))
      assert.deepEqual(branch.steps, [])
    }))
}

test(`a tag that is not the version of the package stops at the plan (${testRuntime}), with nothing made`, () =>
  onStage(GITHUB, async (stage) => {
    const run = await stage.play(GITHUB.file, (file, world) => GITHUB.push(file, world, 'tag', 'v1.5.0'))
    assert.deepEqual(
      run.steps.map(({ job, code }) => [job, code]),
      [['plan', 3]],
      run.steps[0]?.output,
    )
    assert.match(run.steps[0]!.output, /tag "v1\.5\.0" names version "1\.5\.0"/)
    assert.equal(run.results.discard, 'skipped')
    assert.equal((await stage.anybody.ask('GET', `/api/v1/apps/${APP}`)).status, 404)
  }))

const otherChannel = (line: string) => line.replace('--channel beta', '--channel stable')

for (const system of [GITHUB, GITLAB, JENKINS]) {
  test(`a token for another channel fails on ${system.name} (${testRuntime}) at the announcement, when nothing is discarded any more`, () => {
    const work = async (stage: Stage) => {
      const run = await stage.play(system.file, (file, world) => system.push(file, world, 'tag', 'v1.4.0'))
      const last = run.steps.at(-1)
      assert.deepEqual([last?.job, last?.script], [system.announceJob, 'dist ci announce'])
      assert.ok(last && [4, 9].includes(last.code), `${last?.code} ${last?.output}`)
      assert.deepEqual([...(await registry.published(APP)).keys()], ['1.4.0'])
      const { status } = await stage.anybody.ask('GET', `/${APP}/releases/1.4.0/notes-linux-x64.tar.gz`)
      assert.equal(status, 200)
    }
    return onStage(system, work, otherChannel)
  })
}

/** What is taken from the tokens of the README, and the jobs that then fail. */
const LESS: readonly [from: string, to: string, purpose: Purpose, failing: string][] = [
  ['--allow publish', '--allow branch', 'release', 'plan'],
  ['--app acme-notes --channel', '--app other --channel', 'release', 'plan'],
  ['--allow branch --app acme-notes --expires', '--allow read --app acme-notes --expires', 'branches', 'branch'],
  ['--allow branch --app acme-notes --expires', '--allow branch --app other --expires', 'branches', 'branch'],
  [
    '--allow branch --app acme-notes --branch-prefix pr-',
    '--allow read --app acme-notes',
    'pull-requests',
    'pull-request',
  ],
  ['--branch-prefix pr-', '--branch-prefix other-', 'pull-requests', 'pull-request'],
]

for (const [from, to, purpose, failing] of LESS) {
  test(`the token for ${purpose} with "${to}" instead of "${from}" is not enough (${testRuntime})`, () => {
    const change = (line: string) => (line.includes(`acme-notes-${purpose} `) ? line.replace(from, to) : line)
    assert.ok(TOKEN_LINES.some((line) => change(line) !== line))
    const work = async (stage: Stage) => {
      if (purpose !== 'release') {
        const admin = await createToken(stage.server.data, '--allow', 'admin')
        await publishClient(stage.server.url, admin).createApp(APP)
      }
      const run = await stage.play(GITHUB.file, (file, world) =>
        purpose === 'release'
          ? GITHUB.push(file, world, 'tag', 'v1.4.0')
          : purpose === 'branches'
            ? GITHUB.push(file, world, 'branch', 'main')
            : GITHUB.request(file, world, 123, false),
      )
      assert.equal(run.results[failing], 'failure', JSON.stringify(run.results))
      const step = run.steps.find(({ code }) => code !== 0)
      assert.equal(step?.code, 4, step?.output)
    }
    return onStage(GITHUB, work, change)
  })
}

test(`a token for pull requests (${testRuntime}) does not reach the builds of branches, nor a token for branches a release`, () =>
  onStage(GITHUB, async (stage) => {
    await publishClient(stage.server.url, stage.tokens.release).createApp(APP)
    const main = await stage.play(GITHUB.file, (file, world) =>
      GITHUB.push(file, { ...world, secret: () => stage.tokens['pull-requests'] }, 'branch', 'main'),
    )
    assert.equal(main.steps.at(-1)?.code, 4, main.steps.at(-1)?.output)
    const release = await stage.play(GITHUB.file, (file, world) =>
      GITHUB.push(file, { ...world, secret: () => stage.tokens.branches }, 'tag', 'v1.4.0'),
    )
    assert.equal(release.steps.at(-1)?.code, 4, release.steps.at(-1)?.output)
    assert.deepEqual(await branches(stage), [])
  }))

test(`distd on ${testRuntime} takes the lines of the README for tokens, too`, () =>
  withServer(async (server) => {
    for (const line of TOKEN_LINES) {
      const run = await distd(['token', 'create', '--data', server.data, ...line.split(' '), '--json'])
      assert.equal(run.code, 0, run.stderr)
      const prefix = /--branch-prefix (\S+)/.exec(line)?.[1]
      assert.deepEqual(JSON.parse(run.stdout).token.branches, prefix === undefined ? {} : { prefix })
    }
  }))

test('every job has a timeout, and no more rights in its repository than to read it', () => {
  for (const { file, simple, scripts } of SYSTEMS) {
    for (const each of [file, simple]) {
      if (scripts === actionScripts) {
        const { permissions, jobs } = readWorkflow(each)
        assert.deepEqual(permissions, { contents: 'read' })
        for (const [name, job] of Object.entries(jobs)) assert.ok(job['timeout-minutes'] <= 30, `${each}: ${name}`)
      } else if (scripts === gitlabScripts) {
        for (const [name, { timeout }] of Object.entries(readPipeline(each).jobs))
          assert.match(timeout ?? '', /^\d+ minutes$/, `${each}: ${name}`)
      } else assert.match(readFileSync(each, 'utf8'), /timeout\(time: \d, unit: 'HOURS'\)/)
    }
  }
})

test('every shell step of every recipe was run, is read by sh, and has no expression in it', () => {
  const files = new Map(SYSTEMS.flatMap(({ file, simple, scripts }) => [file, simple].map((each) => [each, scripts])))
  assert.equal(files.size, 8)
  for (const [file, scripts] of files) {
    const all = scripts(file)
    assert.ok(all.length >= 4, file)
    for (const script of all) {
      assert.ok(ran.get(file)?.has(script), `${file}: no test ran ${script}`)
      assert.ok(!script.includes('${{'), `${file}: text of others gets into ${script}`)
      const { status, stderr } = spawnSync('sh', ['-n', '-c', script], { encoding: 'utf8' })
      assert.equal(status, 0, `${file}: ${script}\n${stderr}`)
    }
  }
})
