/**
 * What became of a connection on which a hostile request was sent, followed by an honest `GET /after`.
 * `answer`: the status codes that came back and whether the server closed or left it open, e.g. "400 closed".
 * `app`: the requests that reached the product with the bytes of their body, or "!" when the body could not be read.
 */
export interface Outcome {
  readonly answer: string
  readonly app: readonly string[]
}

export interface TortureCase {
  readonly name: string
  /** Latin-1; `GET /after` is appended by the runner. */
  readonly bytes: string
  /** What RFC 9112 and the product ask for. Node does it to the letter; for the others see http-differences.ts. */
  readonly strict: Outcome
}

const REFUSED: Outcome = { answer: '400 closed', app: [] }
const get = (fields: string, line = 'GET /x HTTP/1.1') => `${line}\r\n${fields}\r\n`
const post = (fields: string, body: string) => `POST /x HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n${body}`
const HOST = 'Host: a.test\r\n'
const CHUNKED = 'Transfer-Encoding: chunked\r\n'

export const tortureCases: readonly TortureCase[] = [
  {
    name: 'an honest request and its successor',
    bytes: get(HOST),
    strict: { answer: '200 200 open', app: ['GET /x 0', 'GET /after 0'] },
  },
  {
    name: 'an honest chunked body',
    bytes: post(CHUNKED, '3\r\nabc\r\n0\r\n\r\n'),
    strict: { answer: '200 200 open', app: ['POST /x 3', 'GET /after 0'] },
  },
  {
    name: 'Content-Length and Transfer-Encoding',
    bytes: post(`Content-Length: 5\r\n${CHUNKED}`, '0\r\n\r\n'),
    strict: REFUSED,
  },
  {
    name: 'Transfer-Encoding and Content-Length',
    bytes: post(`${CHUNKED}Content-Length: 5\r\n`, '0\r\n\r\n'),
    strict: REFUSED,
  },
  {
    name: 'two Content-Length that differ',
    bytes: post('Content-Length: 3\r\nContent-Length: 5\r\n', 'abcde'),
    strict: REFUSED,
  },
  {
    name: 'two equal Content-Length',
    bytes: post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'),
    strict: REFUSED,
  },
  { name: 'Content-Length: 3, 3', bytes: post('Content-Length: 3, 3\r\n', 'abc'), strict: REFUSED },
  { name: 'Content-Length: +3', bytes: post('Content-Length: +3\r\n', 'abc'), strict: REFUSED },
  { name: 'Content-Length: -1', bytes: post('Content-Length: -1\r\n', ''), strict: REFUSED },
  { name: 'Content-Length: 0x3', bytes: post('Content-Length: 0x3\r\n', 'abc'), strict: REFUSED },
  { name: 'Content-Length: 3 3', bytes: post('Content-Length: 3 3\r\n', 'abc'), strict: REFUSED },
  {
    name: 'Content-Length: 3 as letters of another script',
    bytes: post('Content-Length: \xb3\r\n', 'abc'),
    strict: REFUSED,
  },
  { name: 'an empty Content-Length', bytes: post('Content-Length:\r\n', ''), strict: REFUSED },
  { name: 'Content-Length: 10^30', bytes: post(`Content-Length: 1${'0'.repeat(30)}\r\n`, 'abc'), strict: REFUSED },
  { name: 'a space before the colon', bytes: post('Content-Length : 3\r\n', 'abc'), strict: REFUSED },
  {
    name: 'a space before the colon of Transfer-Encoding',
    bytes: post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'),
    strict: REFUSED,
  },
  { name: 'a folded header', bytes: get(`${HOST}X: a\r\n b\r\n`), strict: REFUSED },
  {
    name: 'a folded Transfer-Encoding',
    bytes: post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'),
    strict: REFUSED,
  },
  { name: 'a space before the first header', bytes: get(` X: a\r\n${HOST}`), strict: REFUSED },
  { name: 'a bare LF after a header', bytes: `GET /x HTTP/1.1\r\nX: a\n${HOST}\r\n`, strict: REFUSED },
  { name: 'bare LF everywhere', bytes: 'GET /x HTTP/1.1\nHost: a.test\n\n', strict: REFUSED },
  { name: 'a bare CR in a value', bytes: get(`${HOST}X: a\rb\r\n`), strict: REFUSED },
  { name: 'NUL in a value', bytes: get(`${HOST}X: a\0b\r\n`), strict: REFUSED },
  { name: 'NUL in a name', bytes: get(`${HOST}X\0: a\r\n`), strict: REFUSED },
  {
    name: 'a vertical tab before chunked',
    bytes: post('Transfer-Encoding:\x0bchunked\r\n', '0\r\n\r\n'),
    strict: REFUSED,
  },
  { name: 'an empty header name', bytes: get(`${HOST}: a\r\n`), strict: REFUSED },
  { name: 'a header without a colon', bytes: get(`${HOST}nonsense\r\n`), strict: REFUSED },
  { name: 'Transfer-Encoding: xchunked', bytes: post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), strict: REFUSED },
  {
    name: 'Transfer-Encoding: chunked, identity',
    bytes: post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    strict: REFUSED,
  },
  {
    name: 'Transfer-Encoding: gzip, chunked',
    bytes: post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
    strict: REFUSED,
  },
  { name: 'Transfer-Encoding twice', bytes: post(CHUNKED + CHUNKED, '0\r\n\r\n'), strict: REFUSED },
  { name: 'Transfer-Encoding: identity', bytes: post('Transfer-Encoding: identity\r\n', ''), strict: REFUSED },
  {
    name: 'HTTP/1.0 with Transfer-Encoding',
    bytes: `POST /x HTTP/1.0\r\n${HOST}${CHUNKED}\r\n0\r\n\r\n`,
    strict: REFUSED,
  },
  {
    name: 'a chunk size that is no number',
    bytes: post(CHUNKED, 'zz\r\nabc\r\n0\r\n\r\n'),
    strict: { answer: '400 closed', app: ['POST /x !'] },
  },
  {
    name: 'a negative chunk size',
    bytes: post(CHUNKED, '-3\r\nabc\r\n0\r\n\r\n'),
    strict: { answer: '400 closed', app: ['POST /x !'] },
  },
  {
    name: 'a chunk size with 0x',
    bytes: post(CHUNKED, '0x3\r\nabc\r\n0\r\n\r\n'),
    strict: { answer: '400 closed', app: ['POST /x !'] },
  },
  {
    name: 'a chunk size that overflows 64 bits',
    bytes: post(CHUNKED, '10000000000000003\r\nabc\r\n0\r\n\r\n'),
    strict: { answer: '400 closed', app: ['POST /x !'] },
  },
  {
    name: 'a chunk longer than its size',
    bytes: post(CHUNKED, '3\r\nabcdef\r\n0\r\n\r\n'),
    strict: { answer: '400 closed', app: ['POST /x !'] },
  },
  {
    name: 'a chunk size ended by a bare LF',
    bytes: post(CHUNKED, '3\nabc\r\n0\r\n\r\n'),
    strict: { answer: '400 closed', app: ['POST /x !'] },
  },
  {
    name: 'a chunk ended by a bare LF',
    bytes: post(CHUNKED, '3\r\nabc\n0\r\n\r\n'),
    strict: { answer: '400 closed', app: ['POST /x !'] },
  },
  {
    name: 'a chunk extension of 20 KB',
    bytes: post(CHUNKED, `3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`),
    strict: { answer: '413 closed', app: ['POST /x !'] },
  },
  {
    name: 'a header section of 17 KB',
    bytes: get(`${HOST}X: ${'a'.repeat(17_000)}\r\n`),
    strict: { answer: '431 closed', app: [] },
  },
  {
    name: 'a target of 17 KB',
    bytes: get(HOST, `GET /x${'a'.repeat(17_000)} HTTP/1.1`),
    strict: { answer: '431 closed', app: [] },
  },
  { name: 'two Host fields', bytes: get(`${HOST}Host: b.test\r\n`), strict: REFUSED },
  { name: 'two equal Host fields', bytes: get(HOST + HOST), strict: REFUSED },
  { name: 'no Host', bytes: get(''), strict: REFUSED },
  { name: 'an empty Host', bytes: get('Host:\r\n'), strict: REFUSED },
  { name: 'a Host with a path', bytes: get('Host: a.test/x\r\n'), strict: REFUSED },
  { name: 'a Host with user information', bytes: get('Host: me@a.test\r\n'), strict: REFUSED },
  { name: 'a Host with a port that is none', bytes: get('Host: a.test:99999\r\n'), strict: REFUSED },
  { name: 'a Host that is no IPv4 address', bytes: get('Host: 256.1.1.1\r\n'), strict: REFUSED },
  { name: '1500 header fields', bytes: get(HOST + 'a:b\r\n'.repeat(1500)), strict: { answer: '431 closed', app: [] } },
  {
    name: '101 header fields',
    bytes: get(HOST + Array.from({ length: 100 }, (_, index) => `x${index}: b\r\n`).join('')),
    strict: REFUSED,
  },
  {
    name: '100 header fields',
    bytes: get(HOST + Array.from({ length: 99 }, (_, index) => `x${index}: b\r\n`).join('')),
    strict: { answer: '200 200 open', app: ['GET /x 0', 'GET /after 0'] },
  },
  {
    name: 'an absolute target, whose authority replaces Host',
    bytes: get('Host: b.test\r\n', 'GET http://a.test/x?host HTTP/1.1'),
    strict: { answer: '200 200 open', app: ['GET /x 0 host=a.test', 'GET /after 0'] },
  },
  {
    name: 'an absolute target with user information',
    bytes: get(HOST, 'GET http://me@a.test/x HTTP/1.1'),
    strict: REFUSED,
  },
  {
    name: 'an absolute target of another scheme',
    bytes: get(HOST, 'GET file:///etc/passwd HTTP/1.1'),
    strict: REFUSED,
  },
  { name: 'OPTIONS *', bytes: get(HOST, 'OPTIONS * HTTP/1.1'), strict: REFUSED },
  { name: 'a target without a slash', bytes: get(HOST, 'GET x HTTP/1.1'), strict: REFUSED },
  { name: 'a target with a fragment', bytes: get(HOST, 'GET /x#y HTTP/1.1'), strict: REFUSED },
  { name: 'a target with raw bytes beyond ASCII', bytes: get(HOST, 'GET /x\xe9 HTTP/1.1'), strict: REFUSED },
  { name: 'a space inside the target', bytes: get(HOST, 'GET /x /y HTTP/1.1'), strict: REFUSED },
  {
    name: 'dot segments',
    bytes: get(HOST, 'GET /a/../b/%2e%2e/x HTTP/1.1'),
    strict: { answer: '200 200 open', app: ['GET /x 0', 'GET /after 0'] },
  },
  {
    name: 'HTTP/2.0 in the request line',
    bytes: get(HOST, 'GET /x HTTP/2.0'),
    strict: { answer: '505 closed', app: [] },
  },
  { name: 'HTTP/1.2 in the request line', bytes: get(HOST, 'GET /x HTTP/1.2'), strict: REFUSED },
  { name: 'a request line without a version', bytes: 'GET /x\r\n\r\n', strict: { answer: '505 closed', app: [] } },
  { name: 'no HTTP at all', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', strict: REFUSED },
  { name: 'a body on GET', bytes: `${get(`${HOST}Content-Length: 3\r\n`)}abc`, strict: REFUSED },
  { name: 'a chunked body on GET', bytes: `${get(HOST + CHUNKED)}0\r\n\r\n`, strict: REFUSED },
  {
    name: 'a request hidden in the body of GET',
    bytes: `${get(`${HOST}Content-Length: 38\r\n`)}GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n`,
    strict: REFUSED,
  },
  {
    name: 'Content-Length: 0 on GET',
    bytes: get(`${HOST}Content-Length: 0\r\n`),
    strict: { answer: '200 200 open', app: ['GET /x 0', 'GET /after 0'] },
  },
  {
    name: 'an unknown Expect',
    bytes: post('Expect: 200-maybe\r\nContent-Length: 3\r\n', 'abc'),
    strict: { answer: '417 closed', app: [] },
  },
  {
    name: 'Upgrade: websocket',
    bytes: get(
      `${HOST}Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n`,
    ),
    strict: REFUSED,
  },
  {
    name: 'Upgrade: h2c, which is offered by honest clients',
    bytes: get(`${HOST}Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n`),
    strict: { answer: '200 closed', app: ['GET /x 0'] },
  },
  { name: 'the HTTP/2 preface', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', strict: REFUSED },
  { name: 'TRACE', bytes: get(HOST, 'TRACE /x HTTP/1.1'), strict: { answer: '405 closed', app: [] } },
  { name: 'CONNECT', bytes: get(HOST, 'CONNECT a.test:443 HTTP/1.1'), strict: { answer: '405 closed', app: [] } },
  {
    name: 'PROPFIND',
    bytes: get(`${HOST}Depth: 1\r\n`, 'PROPFIND /x HTTP/1.1'),
    strict: { answer: '405 closed', app: [] },
  },
  { name: 'MKCOL', bytes: get(HOST, 'MKCOL /x HTTP/1.1'), strict: { answer: '405 closed', app: [] } },
  { name: 'a method of no register', bytes: get(HOST, 'STEAL /x HTTP/1.1'), strict: REFUSED },
  { name: 'get in lower case', bytes: get(HOST, 'get /x HTTP/1.1'), strict: REFUSED },
]
