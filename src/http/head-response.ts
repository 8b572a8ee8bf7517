/**
 * What HEAD answers: all of GET but the body. Files know their length; of other answers, which are small and in memory,
 * it is told here, since servers would count the body that is not sent (RFC 9110 §8.6).
 */
export async function headResponse(response: Response): Promise<Response> {
  if (response.body !== null && !response.headers.has('content-length')) {
    const { byteLength } = await response.arrayBuffer()
    response.headers.set('Content-Length', String(byteLength))
  }
  return new Response(null, response)
}
