import type { Outcome } from './http-torture.ts'

/** An outcome that is not the strict one, and why it is left so. */
export interface Deviation extends Outcome {
  readonly reason: string
}

const GOES_ON = 'refused; Deno ignores connection: close and goes on with the next request, framed rightly'
const NO_STATUS = 'a chunk that is broken when it arrives closes the connection without an answer'

/**
 * Where Bun and Deno answer otherwise than the strict column of http-torture.ts, by the name of the case. A row that is
 * no longer true, for better or worse, fails the test.
 */
export const httpDifferences: Readonly<Record<'node' | 'bun' | 'deno', Readonly<Record<string, Deviation>>>> = {
  node: {},
  bun: {
    'two equal Content-Length': {
      answer: '200 200 open',
      app: ['POST /x 3', 'GET /after 0'],
      reason: 'equal lengths are taken as one, which RFC 9110 §8.6 allows; both ends of a proxy agree on the frame',
    },
    'bare LF everywhere': {
      answer: '505 closed',
      app: [],
      reason: 'the line is not recognised as HTTP/1.1, hence 505',
    },
    '101 header fields': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'the limit of its parser lies higher, and counting before the product would cost every request',
    },
    'an absolute target, whose authority replaces Host': {
      answer: '200 200 open',
      app: ['GET /x 0 host=b.test', 'GET /after 0'],
      reason:
        'Request.url is built from Host; the target is not visible, and the product answers configured hosts only',
    },
    'an absolute target with user information': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'the authority of the target is dropped, user information with it',
    },
    'a target with a fragment': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'the fragment is dropped',
    },
    'a target with raw bytes beyond ASCII': {
      answer: '200 200 open',
      app: ['GET /x%EF%BF%BD 0', 'GET /after 0'],
      reason: 'the bytes become U+FFFD, which no name of the product holds',
    },
    'a space inside the target': {
      answer: '505 closed',
      app: [],
      reason: 'what follows the space is taken for the version, hence 505',
    },
    'HTTP/1.2 in the request line': { answer: '505 closed', app: [], reason: 'versions it does not know are 505' },
    'Upgrade: h2c, which is offered by honest clients': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'the connection goes on in HTTP/1.1 and keeps its frames',
    },
    'a method of no register': { answer: 'closed', app: [], reason: 'the connection is closed without an answer' },
    'get in lower case': { answer: 'closed', app: [], reason: 'the connection is closed without an answer' },
  },
  deno: {
    'two equal Content-Length': {
      answer: '200 200 open',
      app: ['POST /x 3', 'GET /after 0'],
      reason: 'equal lengths are taken as one, which RFC 9110 §8.6 allows; both ends of a proxy agree on the frame',
    },
    'a bare LF after a header': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'LF ends a line, which RFC 9112 §2.2 allows; the request is framed alike',
    },
    'bare LF everywhere': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'LF ends a line, which RFC 9112 §2.2 allows; the request is framed alike',
    },
    'Transfer-Encoding: gzip, chunked': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'a chunk size that is no number': { answer: 'closed', app: [], reason: NO_STATUS },
    'a negative chunk size': { answer: 'closed', app: [], reason: NO_STATUS },
    'a chunk size with 0x': { answer: 'closed', app: [], reason: NO_STATUS },
    'a chunk size that overflows 64 bits': { answer: 'closed', app: [], reason: NO_STATUS },
    'a chunk longer than its size': { answer: 'closed', app: [], reason: NO_STATUS },
    'a chunk size ended by a bare LF': { answer: 'closed', app: [], reason: NO_STATUS },
    'a chunk ended by a bare LF': { answer: 'closed', app: [], reason: NO_STATUS },
    'a chunk extension of 20 KB': { answer: '400 closed', app: ['POST /x !'], reason: 'every broken chunk is 400' },
    'a header section of 17 KB': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'the limit of its parser lies higher and cannot be set',
    },
    'a target of 17 KB': {
      answer: '200 200 open',
      app: [`GET /x${'a'.repeat(17_000)} 0`, 'GET /after 0'],
      reason: 'the limit of its parser lies higher and cannot be set',
    },
    'no Host': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'an empty Host': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'a Host with a path': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'a Host with user information': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'a Host with a port that is none': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'a Host that is no IPv4 address': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    '1500 header fields': { answer: '400 closed', app: [], reason: 'too many fields are 400' },
    '101 header fields': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'the limit of its parser lies higher, and counting before the product would cost every request',
    },
    'an absolute target with user information': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'the authority of the target is taken without its user information',
    },
    'an absolute target of another scheme': {
      answer: '200 200 open',
      app: ['GET /file:///etc/passwd 0', 'GET /after 0'],
      reason: 'the target arrives as a path that no route has',
    },
    'OPTIONS *': {
      answer: '200 200 open',
      app: ['OPTIONS /* 0', 'GET /after 0'],
      reason: 'the target arrives as a path that no route has',
    },
    'a target with a fragment': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'the fragment is dropped',
    },
    'HTTP/2.0 in the request line': { answer: '400 closed', app: [], reason: 'versions it does not know are 400' },
    'a request line without a version': { answer: '400 closed', app: [], reason: 'versions it does not know are 400' },
    'a body on GET': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'a chunked body on GET': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'a request hidden in the body of GET': {
      answer: '400 200 open',
      app: ['GET /after 0'],
      reason: 'refused, the body is read to its end and the connection goes on with the honest request',
    },
    'an unknown Expect': { answer: '417 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'Upgrade: websocket': { answer: '400 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'Upgrade: h2c, which is offered by honest clients': {
      answer: '200 200 open',
      app: ['GET /x 0', 'GET /after 0'],
      reason: 'the connection goes on in HTTP/1.1 and keeps its frames',
    },
    'the HTTP/2 preface': {
      answer: 'closed',
      app: [],
      reason: 'the connection is closed, as HTTP/2 in clear text is off',
    },
    TRACE: { answer: '405 200 open', app: ['GET /after 0'], reason: GOES_ON },
    CONNECT: { answer: '405 200 open', app: ['GET /after 0'], reason: GOES_ON },
    PROPFIND: { answer: '405 200 open', app: ['GET /after 0'], reason: GOES_ON },
    MKCOL: { answer: '405 200 open', app: ['GET /after 0'], reason: GOES_ON },
    'a method of no register': {
      answer: '405 200 open',
      app: ['GET /after 0'],
      reason: 'any token is a method: refused by the adapter, the connection goes on',
    },
    'get in lower case': {
      answer: '405 200 open',
      app: ['GET /after 0'],
      reason: 'any token is a method: refused by the adapter, the connection goes on',
    },
  },
}
