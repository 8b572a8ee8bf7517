import { digestOf } from '../bytes/digest.ts'
import { DistError } from '../errors.ts'
import type { Tx } from './open.ts'

/** A creation as its sender named it: the same key with the same input is the same creation. */
export interface Idempotency {
  /** The Idempotency-Key header. */
  readonly key: string
  readonly principal: string
}

/**
 * What this key created before, in the transaction that would create it again; undefined when it is new, and then
 * `remember` must be called in the same transaction.
 * @param kind of creation, `app`, `upload` or `token`
 * @throws DistError request.idempotency_conflict when the key came with another input before
 */
export async function recall(
  tx: Tx,
  idempotency: Idempotency,
  kind: string,
  input: unknown,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom('idempotency_keys')
    .select(['input_digest', 'object_id'])
    .where('principal', '=', idempotency.principal)
    .where('kind', '=', kind)
    .where('key', '=', idempotency.key)
    .executeTakeFirst()
  if (row === undefined) return undefined
  if (row.input_digest !== inputDigest(input)) throw new DistError('request.idempotency_conflict')
  return row.object_id
}

/** Records what a key created; a later creation under the same key takes its place. */
export async function remember(
  tx: Tx,
  idempotency: Idempotency,
  kind: string,
  input: unknown,
  objectId: string,
  at: string,
): Promise<void> {
  const made = { input_digest: inputDigest(input), object_id: objectId, created_at: at }
  await tx
    .insertInto('idempotency_keys')
    .values({ principal: idempotency.principal, kind, key: idempotency.key, ...made })
    .onConflict((conflict) => conflict.columns(['principal', 'kind', 'key']).doUpdateSet(made))
    .execute()
}

function inputDigest(input: unknown): string {
  return digestOf(new TextEncoder().encode(JSON.stringify(input)))
}

/** Forgets keys from before that instant; nobody repeats a request that long. */
export async function forgetKeys(tx: Tx, before: string): Promise<void> {
  await tx.deleteFrom('idempotency_keys').where('created_at', '<', before).execute()
}
