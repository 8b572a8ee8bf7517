import { type Actor, principalOf } from '../access/actor.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import { canonicalJson } from '../audit/chain.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { CreateApp, EditApp } from '../model/app.ts'
import { createId } from '../model/ids.ts'
import {
  type AppRecord,
  countSealedReleases,
  deleteApp as deleteRow,
  findAppByIdInTx,
  findAppInTx,
  insertApp,
  updateApp,
} from '../store/apps.ts'
import { countBranches } from '../store/branches.ts'
import { recall, remember } from '../store/idempotency.ts'
import { deleteSharesOf } from '../store/shares.ts'
import { deleteRolesOn } from '../store/users.ts'

function publicFacts(app: AppRecord): Record<string, unknown> {
  const { id: _id, createdBy: _by, createdAt: _at, ...facts } = app
  return facts
}

/**
 * Creates an app. The same Idempotency-Key with the same input gives the app it created (`created: false`).
 * @throws DistError app.exists, request.idempotency_conflict
 */
export async function createApp(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher' | 'config'>,
  actor: Actor,
  input: CreateApp,
  idempotencyKey: string | null,
  cause: Cause,
): Promise<{ created: boolean; app: AppRecord }> {
  const now = deps.clock.now()
  const app: AppRecord = {
    id: createId('app', now, deps.random(10)),
    slug: input.slug,
    name: input.name ?? input.slug,
    summary: input.summary ?? null,
    visibility: input.visibility ?? deps.config.defaultVisibility,
    platforms: input.platforms ?? [],
    identityRules: input.identityRules ?? {},
    defaultChannel: input.defaultChannel ?? null,
    retention: {},
    owner: input.owner ?? null,
    repositoryUrl: input.repositoryUrl ?? null,
    createdAt: new Date(now).toISOString(),
    createdBy: principalOf(actor),
  }
  const idempotency = idempotencyKey === null ? null : { key: idempotencyKey, principal: app.createdBy }
  return deps.store.write(async (tx) => {
    const before = idempotency && (await recall(tx, idempotency, 'app', input))
    const earlier = before ? await findAppByIdInTx(tx, before) : undefined
    if (earlier) return { created: false, app: earlier }
    if (await findAppInTx(tx, app.slug)) {
      throw new DistError('app.exists', `Cannot create app "${app.slug}": an app with this slug exists`)
    }
    await insertApp(tx, app)
    if (idempotency) await remember(tx, idempotency, 'app', input, app.id, app.createdAt)
    await appendAudit(tx, deps, cause, {
      action: 'app.created',
      object: `app:${app.slug}`,
      app: app.slug,
      after: publicFacts(app),
    })
    return { created: true, app }
  })
}

/** Changes the given fields only; the same again changes nothing. @throws DistError app.not_found */
export async function editApp(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  slug: string,
  input: EditApp,
  cause: Cause,
): Promise<AppRecord> {
  return deps.store.write(async (tx) => {
    const before = await findAppInTx(tx, slug)
    if (!before) throw new DistError('app.not_found')
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
    const app: AppRecord = { ...before, ...given }
    if (canonicalJson(app) === canonicalJson(before)) return before
    await updateApp(tx, app)
    await appendAudit(tx, deps, cause, {
      action: 'app.edited',
      object: `app:${slug}`,
      app: slug,
      before: publicFacts(before),
      after: publicFacts(app),
    })
    return app
  })
}

/** Removes an app that never released anything and has no branch build. @throws DistError app.not_found, app.in_use */
export async function deleteApp(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  slug: string,
  cause: Cause,
): Promise<void> {
  await deps.store.write(async (tx) => {
    const app = await findAppInTx(tx, slug)
    if (!app) throw new DistError('app.not_found')
    const sealed = await countSealedReleases(tx, app.id)
    if (sealed > 0) {
      throw new DistError(
        'app.in_use',
        `Cannot delete app "${slug}": it has ${sealed} ${sealed === 1 ? 'release' : 'releases'}`,
        {
          details: { sealed },
        },
      )
    }
    const branches = await countBranches(tx, app.id)
    if (branches > 0) {
      throw new DistError(
        'app.in_use',
        `Cannot delete app "${slug}": it has ${branches} branch ${branches === 1 ? 'build' : 'builds'}`,
        {
          details: { branches },
        },
      )
    }
    const endedShares = await deleteSharesOf(tx, app.id)
    const endedRoles = await deleteRolesOn(tx, app.id)
    await deleteRow(tx, app.id)
    await appendAudit(tx, deps, cause, {
      action: 'app.deleted',
      object: `app:${slug}`,
      app: slug,
      before: {
        ...publicFacts(app),
        ...(endedShares.length === 0 ? {} : { endedShares }),
        ...(Object.keys(endedRoles).length === 0 ? {} : { endedRoles }),
      },
    })
  })
}
