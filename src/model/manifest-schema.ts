import { z } from 'zod'
import { Manifest } from './manifest.ts'

/**
 * JSON Schema of `dist.json` for editors and other programs, made of the same zod schema that `dist` checks with. The
 * server answers with it, `dist init --schema` prints it, and it lies beside the binaries as `dist.schema.json`.
 */
export function manifestSchema(): object {
  return z.toJSONSchema(Manifest, { io: 'input' })
}
