import type { z } from 'zod'
import type { Action } from '../access/policy.ts'
import type { RequestContext } from './context.ts'
import type { AnswerFieldName, RequestFieldName } from './fields.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What the action of a route is done to; the dispatcher loads it from the path and asks the access decision. */
export type RouteObject = 'server' | 'new-app' | 'app' | 'channel' | 'branch' | 'set' | 'preview'

/** What a row says of its wire beside schemas: what the documents tell, held against every answer of the tests. */
interface RouteWire {
  /** Header fields that the handler reads. */
  readonly reads?: readonly RequestFieldName[]
  /** Header fields that answers carry. */
  readonly sends?: readonly AnswerFieldName[]
  /** Media types of a body that is not JSON: the handler reads it. With `body`, JSON is taken as well. */
  readonly bodyTypes?: readonly string[]
  /** Media types of an answer that is not JSON. */
  readonly types?: readonly string[]
  /** Other statuses than `status` and those of the error table, with their meaning. */
  readonly answers?: Readonly<Record<number, string>>
  /** Set for forms of pages: they come from a page of this server, also before anybody is signed in. */
  readonly isForm?: true
  /** Set for pages of who is signed in, and their forms: a browser that is not is led to signing in. */
  readonly isPersonal?: true
  /** Set for dangerous acts: a person gives the password once more for them. */
  readonly stepUp?: true
  /** Set for the bytes of files: the host of the download URL answers these and nothing else. */
  readonly isBytes?: true
  /** Set where a grant (`?grant=`) opens the file that the path names; below a release. */
  readonly takesGrant?: true
  /** What HEAD is for, where it answers 204 and fields instead of what GET would. */
  readonly head?: string
}

/**
 * One row of the one table: a route, the action it needs, and the shapes it takes and gives. The same row is
 * registered, authorised, documented in OpenAPI, and crossed with every principal in the access matrix test.
 * GET rows answer HEAD too.
 */
export interface Route extends RouteWire {
  readonly method: Method
  /** Hono pattern, e.g. `/api/v1/apps/:app`. */
  readonly path: string
  readonly action: Action
  readonly object: RouteObject
  readonly summary: string
  readonly body?: z.ZodType
  readonly query?: z.ZodType
  readonly response?: z.ZodType
  /** Status of success. */
  readonly status: number
  readonly handle: (context: RequestContext<never, never>) => Promise<Response>
}

interface RouteSpec<B extends z.ZodType | undefined, Q extends z.ZodType | undefined> extends RouteWire {
  readonly method: Method
  readonly path: string
  readonly action: Action
  readonly object: RouteObject
  readonly summary: string
  readonly body?: B
  readonly query?: Q
  readonly response?: z.ZodType
  readonly status?: number
  readonly handle: (
    context: RequestContext<
      B extends z.ZodType ? z.output<B> : undefined,
      Q extends z.ZodType ? z.output<Q> : undefined
    >,
  ) => Promise<Response>
}

/** Declares a route; the handler's body and query are typed by its schemas. */
export function route<B extends z.ZodType | undefined = undefined, Q extends z.ZodType | undefined = undefined>(
  spec: RouteSpec<B, Q>,
): Route {
  return { status: 200, ...spec } as Route
}
