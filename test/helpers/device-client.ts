import { createHash } from 'node:crypto'
import { request } from 'node:https'

export interface DeviceAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Buffer
  /** Of the body: 64 hex digits. */
  readonly sha256: string
}

interface DeviceAsk {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Asks for an https URL as a system service of a device does: it has no cookie and follows nothing. The host is looked for on
 * loopback, and its certificate is one that nobody has signed.
 */
export function askAsDevice(
  url: string,
  { method = 'GET', headers = {}, body }: DeviceAsk = {},
): Promise<DeviceAnswer> {
  const { protocol, hostname, host, port, pathname, search } = new URL(url)
  if (protocol !== 'https:') throw new Error(`Cannot ask ${url}: a device installs over https alone`)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, servername: hostname, rejectUnauthorized: false, agent: false },
        ...{ method, path: pathname + search, headers: { Host: host, ...headers } },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const sha256 = createHash('sha256').update(bytes).digest('hex')
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, sha256 })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
