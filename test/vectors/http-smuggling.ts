import { type TortureCase, tortureCases } from './http-torture.ts'

/** Another length would be another frame: whoever renames `/hidden` keeps its seven bytes. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n'
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const post = (fields: string, body: string) => `POST /x HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n${body}`
const CHUNKED = 'Transfer-Encoding: chunked\r\n'
const LENGTH = `Content-Length: ${HIDDEN.length}\r\n`

const REFUSED = { answer: '400 closed', app: [] }
const taken = (bytes: number) => ({ answer: '200 200 open', app: [`POST /x ${bytes}`, 'GET /after 0'] })
const BROKEN = { answer: '400 closed', app: ['POST /x !'] }

/** The ways in which two programs in a row are made to disagree where a request ends; `/hidden` is the contraband. */
export const smugglingCases: readonly TortureCase[] = [
  {
    name: 'CL.TE',
    bytes: post(`Content-Length: ${5 + HIDDEN.length}\r\n${CHUNKED}`, `0\r\n\r\n${HIDDEN}`),
    strict: REFUSED,
  },
  { name: 'TE.CL', bytes: post(`${CHUNKED}Content-Length: 4\r\n`, `${chunk(HIDDEN)}0\r\n\r\n`), strict: REFUSED },
  { name: 'CL.0', bytes: post(LENGTH, HIDDEN), strict: taken(HIDDEN.length) },
  { name: 'TE.0', bytes: post(CHUNKED, `${chunk(HIDDEN)}0\r\n\r\n`), strict: taken(HIDDEN.length) },
  {
    name: 'a Content-Length of 0 and one of a request',
    bytes: post(`Content-Length: 0\r\n${LENGTH}`, HIDDEN),
    strict: REFUSED,
  },
  {
    name: 'a Content-Length of a request and one of 0',
    bytes: post(`${LENGTH}Content-Length: 0\r\n`, HIDDEN),
    strict: REFUSED,
  },
  {
    name: 'a Content-Length that reaches into the next request',
    bytes: post('Content-Length: 500\r\n', 'abc'),
    strict: { answer: 'open', app: ['POST /x !'] },
  },
  {
    name: 'Transfer_Encoding',
    bytes: post(`Transfer_Encoding: chunked\r\n${LENGTH}`, HIDDEN),
    strict: taken(HIDDEN.length),
  },
  {
    name: 'X-Transfer-Encoding',
    bytes: post(`X-Transfer-Encoding: chunked\r\n${LENGTH}`, HIDDEN),
    strict: taken(HIDDEN.length),
  },
  {
    name: 'chunked in quotes beside a Content-Length',
    bytes: post(`Transfer-Encoding: "chunked"\r\n${LENGTH}`, HIDDEN),
    strict: REFUSED,
  },
  {
    name: 'chunked, chunked beside a Content-Length',
    bytes: post(`Transfer-Encoding: chunked, chunked\r\n${LENGTH}`, HIDDEN),
    strict: REFUSED,
  },
  {
    name: 'Transfer-Encoding behind a bare LF',
    bytes: post(`X: a\n${CHUNKED}${LENGTH}`, `0\r\n\r\n${HIDDEN}`),
    strict: REFUSED,
  },
  {
    name: 'chunked behind a tab',
    bytes: post('Transfer-Encoding:\tchunked\r\n', '3\r\nabc\r\n0\r\n\r\n'),
    strict: taken(3),
  },
  { name: 'cHuNkEd', bytes: post('tRANSFER-eNCODING: cHuNkEd\r\n', '3\r\nabc\r\n0\r\n\r\n'), strict: taken(3) },
  { name: 'a chunk size with zeros in front', bytes: post(CHUNKED, '0000003\r\nabc\r\n0\r\n\r\n'), strict: taken(3) },
  { name: 'a chunk extension', bytes: post(CHUNKED, '3;a=b\r\nabc\r\n0;c="d"\r\n\r\n'), strict: taken(3) },
  {
    name: 'a request inside a chunk extension that ends in a bare LF',
    bytes: post(CHUNKED, `3;\nabc\r\n0\r\n\r\n${HIDDEN}`),
    strict: BROKEN,
  },
  {
    name: 'a trailer that says Content-Length',
    bytes: post(CHUNKED, '3\r\nabc\r\n0\r\nContent-Length: 40\r\n\r\n'),
    strict: taken(3),
  },
  {
    name: 'a trailer that looks like a request line',
    bytes: post(CHUNKED, '3\r\nabc\r\n0\r\nX: GET /hidden HTTP/1.1\r\n\r\n'),
    strict: taken(3),
  },
  {
    name: 'Content-Length named as a hop-by-hop field',
    bytes: post(`Connection: keep-alive, Content-Length\r\n${LENGTH}`, HIDDEN),
    strict: taken(HIDDEN.length),
  },
  {
    name: 'a body that waits for 100 Continue and comes at once',
    bytes: post(`Expect: 100-continue\r\n${LENGTH}`, HIDDEN),
    strict: { answer: '100 200 200 open', app: [`POST /x ${HIDDEN.length}`, 'GET /after 0'] },
  },
  {
    name: 'a pipelined pair',
    bytes: `GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n${HIDDEN}`,
    strict: { answer: '200 200 200 open', app: ['GET /x 0', 'GET /hidden 0', 'GET /after 0'] },
  },
  {
    name: 'a pipelined pair whose first has a body',
    bytes: post('Content-Length: 3\r\n', `abc${HIDDEN}`),
    strict: { answer: '200 200 200 open', app: ['POST /x 3', 'GET /hidden 0', 'GET /after 0'] },
  },
  {
    name: 'HEAD, whose answer has a length and no body',
    bytes: 'HEAD /x HTTP/1.1\r\nHost: a.test\r\n\r\n',
    strict: { answer: '200 200 open', app: ['HEAD /x 0', 'GET /after 0'] },
  },
  {
    name: 'an absolute target of another host, with a body',
    bytes: `POST http://b.test/x HTTP/1.1\r\nHost: a.test\r\n${LENGTH}\r\n${HIDDEN}`,
    strict: taken(HIDDEN.length),
  },
]

/** Every hostile request that is sent to the server and through a proxy in front of it. */
export const proxiedCases: readonly TortureCase[] = [...tortureCases, ...smugglingCases]
