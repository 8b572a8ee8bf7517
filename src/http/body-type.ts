/** Media type of the body of a request, in lower case and without parameters; undefined when none is declared. */
export function bodyTypeOf(request: Request): string | undefined {
  return request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
}
