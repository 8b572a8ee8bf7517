import { type Answer, createTestApp, release, type TestApp } from './test-app.ts'
import { bytesOf } from './text-file.ts'

/** A public app `notes` with releases, and its channels. */
export interface ChannelScene {
  readonly app: TestApp
  /** Of an admin whose name is `boss`. */
  readonly token: string
  /** Moves a channel from the state it is in. */
  move(channel: string, action: 'promote' | 'rollback', body: object, token?: string): Promise<Answer>
  promote(channel: string, ref: string, extra?: object, token?: string): Promise<Answer>
  /** Ref that the channel holds. */
  current(channel: string): Promise<string | null>
  edit(channel: string, policy: object, token?: string): Promise<Answer>
  /** The moves of a channel as `kind to`, newest first. */
  moves(channel: string): Promise<string[]>
}

/** Runs with an app that has these versions announced, each with a file `notes.bin` whose text is the version. */
export async function inChannelScene(
  versions: readonly string[],
  run: (scene: ChannelScene) => Promise<void>,
): Promise<void> {
  const app = await createTestApp()
  try {
    const { secret: token } = await app.issue({ actions: ['admin'], name: 'boss' })
    await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', visibility: 'public' } })
    for (const version of versions)
      await release(app, token, 'notes', { version }, [{ fileName: 'notes.bin', bytes: bytesOf(version) }])
    const path = (channel: string) => `/api/v1/apps/notes/channels/${channel}`
    const scene: ChannelScene = {
      app,
      token,
      async move(channel, action, body, by = token) {
        const etag = (await app.ask('GET', path(channel), { token })).headers.get('etag')
        const headers: Record<string, string> = etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag }
        return app.ask('POST', `${path(channel)}/actions/${action}`, { token: by, headers, body })
      },
      promote: (channel, ref, extra = {}, by = token) => scene.move(channel, 'promote', { release: ref, ...extra }, by),
      async current(channel) {
        return (await app.ask('GET', path(channel), { token })).json.current
      },
      edit: (channel, policy, by = token) => app.ask('PATCH', path(channel), { token: by, body: { policy } }),
      async moves(channel) {
        const { items } = (await app.ask('GET', `${path(channel)}/moves`, { token })).json
        return items.map(({ kind, to }: { kind: string; to: string }) => `${kind} ${to}`)
      },
    }
    await run(scene)
  } finally {
    await app.close()
  }
}
