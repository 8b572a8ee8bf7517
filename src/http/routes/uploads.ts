import { z } from 'zod'
import { appendToUpload, cancelUpload, checkNotGone, createUpload, getUpload } from '../../artifacts/upload-session.ts'
import { DistError } from '../../errors.ts'
import { CreateUpload, Upload } from '../../model/upload.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { json, noContent } from '../json.ts'
import { presentUpload } from '../present.ts'
import { PARTIAL_UPLOAD, parseComplete, parseOffset, uploadHeaders } from '../resumable-upload.ts'
import { route } from '../route.ts'

const emptyBody = (): ReadableStream<Uint8Array> => new Blob([]).stream()

const PROGRESS = ['Upload-Offset', 'Upload-Complete', 'Upload-Length'] as const

export const uploadRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/uploads',
    action: 'upload.write',
    object: 'server',
    summary: 'Open an upload; 200 with skipped when the bytes may be read already',
    body: CreateUpload,
    response: Upload,
    status: 201,
    reads: ['Idempotency-Key'],
    sends: ['Location', ...PROGRESS],
    answers: { 200: 'The credential may read these bytes already: nothing is to be sent' },
    async handle(context) {
      const key = idempotencyKeyOf(context.request)
      const upload = await createUpload(context.deps, context.actor, context.body, key, context.cause)
      const shown = presentUpload(context, upload)
      return json(shown, upload.skipped ? 200 : 201, { Location: shown.url, ...uploadHeaders(upload) })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/uploads/:upload',
    action: 'upload.write',
    object: 'server',
    summary: 'Read an upload',
    response: Upload,
    sends: PROGRESS,
    head: 'The durable offset of an upload, in Upload-Offset',
    async handle(context) {
      const upload = await getUpload(context.deps, context.actor, context.params.upload!)
      checkNotGone(upload, context.deps.clock.now())
      if (context.request.method === 'HEAD') return noContent(uploadHeaders(upload))
      return json(presentUpload(context, upload), 200, uploadHeaders(upload))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/uploads/:upload',
    action: 'upload.write',
    object: 'server',
    summary: 'Append bytes at Upload-Offset; the last byte with the right digest completes the upload',
    response: Upload,
    reads: ['Upload-Offset', 'Upload-Complete'],
    sends: PROGRESS,
    bodyTypes: [PARTIAL_UPLOAD, 'application/octet-stream'],
    answers: { 204: 'The bytes are durable; more are to come' },
    async handle(context) {
      const { request } = context
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (type !== PARTIAL_UPLOAD && type !== 'application/octet-stream') {
        throw new DistError('request.unsupported_media_type', `Cannot append: content type must be ${PARTIAL_UPLOAD}`)
      }
      const offset = parseOffset(request.headers.get('upload-offset'))
      const isLast = parseComplete(request.headers.get('upload-complete'))
      const declared = request.headers.get('content-length')
      // The server's idle limit is for strangers; a slow honest upload has its own rule, see artifacts/pace.ts.
      context.peer.keepOpen()
      const upload = await appendToUpload(
        context.deps,
        context.actor,
        context.params.upload!,
        {
          offset,
          body: request.body ?? emptyBody(),
          isLast,
          lengthBytes: declared === null ? undefined : Number(declared),
        },
        context.cause,
      )
      if (upload.state !== 'complete') return noContent(uploadHeaders(upload))
      return json(presentUpload(context, upload), 200, uploadHeaders(upload))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/uploads/:upload',
    action: 'upload.write',
    object: 'server',
    summary: 'Give an upload up',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      await cancelUpload(context.deps, context.actor, context.params.upload!, context.cause)
      return noContent()
    },
  }),
]
