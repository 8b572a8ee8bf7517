import type { z } from 'zod'
import { decodeUtf8 } from '../bytes/utf8.ts'
import { DistError } from '../errors.ts'
import { bodyTypeOf } from './body-type.ts'
import { readBody } from './json.ts'
import { parseWith } from './parse-with.ts'

/** What forms of pages send when no script does it for them. */
export const FORM_TYPE = 'application/x-www-form-urlencoded'

/** The longest form has a name, two passwords and a path. */
const MAX_FORM_BYTES = 16 * 1024

/**
 * The fields of a form, each at most once and none that the schema does not know.
 * @throws DistError request.unsupported_media_type, request.too_large, request.invalid_utf8, request.invalid
 */
export async function readForm<S extends z.ZodType>(request: Request, schema: S): Promise<z.output<S>> {
  if (bodyTypeOf(request) !== FORM_TYPE) {
    throw new DistError('request.unsupported_media_type', undefined, { hint: `Send ${FORM_TYPE}` })
  }
  const bytes = await readBody(request, MAX_FORM_BYTES)
  const fields = new Map<string, string>()
  for (const [name, value] of pairsOf(bytes)) {
    if (fields.has(name)) throw new DistError('request.invalid', 'A field of the form was sent twice')
    fields.set(name, value)
  }
  return parseWith(schema, Object.fromEntries(fields), 'form')
}

/** `URLSearchParams` would read what is no UTF-8 as U+FFFD, and a password with it as another one. */
function pairsOf(bytes: Uint8Array): [name: string, value: string][] {
  try {
    return decodeUtf8(bytes)
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const at = pair.indexOf('=')
        return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]
      })
  } catch (cause) {
    throw new DistError('request.invalid_utf8', 'The form is not valid percent-encoded UTF-8', { cause })
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}
