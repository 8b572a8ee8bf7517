import { connect } from 'node:net'

export interface Exchange {
  /** Everything that came back, Latin-1. */
  readonly text: string
  readonly closed: boolean
}

/** Sends bytes as they are and listens until the other end closes or is quiet for `quietMs`. */
export function exchange(port: number, bytes: string, quietMs: number): Promise<Exchange> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('latin1')
    const finish = (closed: boolean) => {
      clearTimeout(quiet)
      resolve({ text, closed })
      socket.destroy()
    }
    let quiet = setTimeout(() => finish(false), quietMs)
    socket.on('data', (chunk) => {
      text += chunk
      clearTimeout(quiet)
      quiet = setTimeout(() => finish(false), quietMs)
    })
    // A reset after the answer is a close, too; what had arrived by then counts.
    socket.on('error', () => finish(true))
    socket.on('end', () => finish(true))
    socket.on('close', () => finish(true))
    socket.write(bytes, 'latin1')
  })
}

export function statusesOf(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map((match) => match[1] ?? '')
}
