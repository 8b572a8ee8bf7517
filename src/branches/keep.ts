import type { Deps } from '../deps.ts'
import type { AppRecord } from '../store/apps.ts'
import { keepBlob } from '../store/branches.ts'
import type { Tx } from '../store/open.ts'

const DAY_MS = 86_400_000
/** Days for which replaced bytes stay where the app does not say: longer than any download takes. */
const DEFAULT_DAYS = 1

/** Lets bytes that a slot no longer holds stay for the retention window of the app. */
export async function keepReplaced(
  tx: Tx,
  { clock }: Pick<Deps, 'clock'>,
  { retention }: Pick<AppRecord, 'retention'>,
  digest: string,
): Promise<void> {
  const days = retention.replacedDays ?? DEFAULT_DAYS
  await keepBlob(tx, digest, new Date(clock.now() + days * DAY_MS).toISOString())
}
