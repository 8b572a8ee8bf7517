import { z } from 'zod'
import type { ChainBreak } from '../../audit/chain.ts'
import type { Deps } from '../../deps.ts'
import { DistError } from '../../errors.ts'
import { manifestSchema } from '../../model/manifest-schema.ts'
import { countDamagedBlobs } from '../../store/blobs.ts'
import { saveMeta } from '../../store/meta.ts'
import type { RequestContext } from '../context.ts'
import { json } from '../json.ts'
import { route } from '../route.ts'

const System = z
  .object({
    name: z.literal('distd'),
    version: z.string(),
    limits: z.object({ maxArtifactBytes: z.int(), maxOpenUploads: z.int() }),
  })
  .meta({ id: 'System' })

/** Whether the database and the store answer, and what is wrong with the rest. Facts only; nothing to exploit. */
async function readiness({ deps }: RequestContext, auditBreak: ChainBreak | undefined): Promise<Response> {
  const damaged = await countDamagedBlobs(deps.store.reads)
  const free = await deps.freeBytes()
  const isFull = free !== undefined && free < deps.config.reserveBytes
  const status = isFull ? 'full' : damaged > 0 || auditBreak ? 'degraded' : 'ok'
  return json({ status, damagedBlobs: damaged, auditBrokenAt: auditBreak?.seq ?? null }, isFull ? 503 : 200)
}

/** A probe writes to the disk; however many ask, it does so once in this time. Milliseconds. */
const PROBE_EVERY_MS = 1000
const probes = new WeakMap<Deps, { readonly at: number; readonly done: Promise<void> }>()

/** Whether the data folder takes writes. @throws DistError server.unavailable */
function probe(deps: Deps): Promise<void> {
  const now = deps.clock.monotonic()
  const last = probes.get(deps)
  if (last && now - last.at < PROBE_EVERY_MS) return last.done
  const done = writeProbe(deps)
  probes.set(deps, { at: now, done })
  return done
}

async function writeProbe(deps: Deps): Promise<void> {
  try {
    const now = new Date(deps.clock.now()).toISOString()
    await deps.store.write((tx) => saveMeta(tx, 'probed_at', now))
    await deps.checkStorage()
  } catch (cause) {
    deps.log('error', 'health check failed', { error: String(cause) })
    throw new DistError('server.unavailable', 'The data folder does not take writes', { cause })
  }
}

export function systemRoutes(version: string, auditBreak?: ChainBreak) {
  return [
    route({
      method: 'GET',
      path: '/healthz',
      action: 'server.public',
      object: 'server',
      summary: 'Whether the process, its database and its store answer',
      async handle(context) {
        await probe(context.deps)
        return json({ status: 'ok' })
      },
    }),
    route({
      method: 'GET',
      path: '/readyz',
      action: 'server.public',
      object: 'server',
      summary: 'Whether the server can take work: room on the disk, no damaged bytes',
      answers: { 503: 'No room on the disk; the same facts' },
      handle: (context) => readiness(context, auditBreak),
    }),
    route({
      method: 'GET',
      path: '/api/v1/system',
      action: 'server.public',
      object: 'server',
      summary: 'Version and limits of the server',
      response: System,
      async handle({ deps }) {
        const { maxArtifactBytes, maxOpenUploads } = deps.config
        return json({ name: 'distd', version, limits: { maxArtifactBytes, maxOpenUploads } })
      },
    }),
    route({
      method: 'GET',
      path: '/schema/dist.json',
      action: 'server.public',
      object: 'server',
      summary: 'JSON Schema of dist.json',
      types: ['application/schema+json'],
      async handle() {
        return json(manifestSchema(), 200, { 'Content-Type': 'application/schema+json', 'Cache-Control': 'no-cache' })
      },
    }),
  ]
}
