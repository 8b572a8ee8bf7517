import { type Actor, ANONYMOUS } from '../../access/actor.ts'
import { bytesOf, can, isStranger } from '../../access/policy.ts'
import { deviceOf } from '../../install/device/device.ts'
import type { Continuity, OfferScene } from '../../install/offered.ts'
import { archFrom, platformFrom } from '../../model/platform.ts'
import type { ReleaseRecord } from '../../store/releases.ts'
import type { RequestContext } from '../context.ts'
import { shellOf } from '../shell.ts'
import { manifestOf } from './manifest-link.ts'
import type { InstallQuery } from './query.ts'

/** The context of a page with something to install. */
export type InstallContext = RequestContext<undefined, InstallQuery>

interface SceneInput {
  /** Null for branch builds. */
  readonly release: ReleaseRecord | null
  readonly scripts: string | null
  readonly continuity: ReadonlyMap<string, Continuity>
}

/** What decides, beside a file itself, how it is offered to whoever asks. */
export function sceneOf(context: InstallContext, { release, scripts, continuity }: SceneInput): OfferScene {
  const { app, actor, object, query, deps, baseUrl, request } = context
  const { platform, arch, udid, file } = query
  return {
    app: { slug: app.slug, name: app.name },
    release,
    device: deviceOf(request.headers, {
      ...(platform === undefined ? {} : { platform: platformFrom(platform)! }),
      ...(arch === undefined ? {} : { arch: archFrom(arch)! }),
    }),
    now: deps.clock.now(),
    baseUrl,
    scripts,
    needsToken: app.visibility === 'private',
    isByLink: !can(withoutLinks(actor), 'release.read', object),
    mayHave: ({ format }) => can(actor, 'release.read', bytesOf(object, format)),
    canSignIn: isStranger(actor) && shellOf(context).signInUrl !== null,
    manifestOf: (offered) => manifestOf(context, release, offered),
    continuity,
    phone: udid === undefined || udid === '' ? null : { udid, fileName: file ?? '' },
  }
}

function withoutLinks(actor: Actor): Actor {
  if (actor.kind === 'share') return ANONYMOUS
  return actor.kind === 'user' ? { ...actor, shares: [] } : actor
}
