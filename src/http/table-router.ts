import type { Result, Router } from 'hono/router'

interface Node<T> {
  readonly words: Map<string, Node<T>>
  /** What follows a parameter, whatever its name. */
  parameter?: Node<T>
  /** By method, with the names of the parameters on the way. */
  readonly handlers: Map<string, { readonly handler: T; readonly names: readonly string[] }>
}

function createNode<T>(): Node<T> {
  return { words: new Map(), handlers: new Map() }
}

/**
 * Matches the route table segment by segment, fixed words before parameters. Hono's own routers either refuse a table
 * in which `/:app/:channel` stands beside fixed words, or cost more than all the rest of a small read.
 *
 * A handler of `ALL` answers the methods of a path that have none of their own. A parameter is never empty.
 */
export class TableRouter<T> implements Router<T> {
  readonly name = 'TableRouter'
  readonly #root: Node<T> = createNode()

  add(method: string, path: string, handler: T): void {
    const names: string[] = []
    let node = this.#root
    for (const segment of path.split('/').slice(1)) {
      if (segment.startsWith(':')) {
        names.push(segment.slice(1))
        node.parameter ??= createNode()
        node = node.parameter
      } else {
        const next = node.words.get(segment) ?? createNode<T>()
        node.words.set(segment, next)
        node = next
      }
    }
    node.handlers.set(method, { handler, names })
  }

  match(method: string, path: string): Result<T> {
    const segments = path.split('/')
    const values: string[] = []
    const found = find(this.#root, segments, 1, method, values)
    if (found === undefined) return [[]]
    const parameters: Record<string, string> = {}
    for (let i = 0; i < found.names.length; i++) parameters[found.names[i]!] = values[i]!
    return [[[found.handler, parameters]]]
  }
}

/** Goes down the tree and back where a word leads nowhere; `values` holds the parameters on the way. */
function find<T>(
  node: Node<T>,
  segments: readonly string[],
  at: number,
  method: string,
  values: string[],
): { readonly handler: T; readonly names: readonly string[] } | undefined {
  if (at === segments.length) return node.handlers.get(method) ?? node.handlers.get('ALL')
  const segment = segments[at]!
  const next = node.words.get(segment)
  const found = next && find(next, segments, at + 1, method, values)
  if (found !== undefined || node.parameter === undefined || segment === '') return found
  values.push(segment)
  const behind = find(node.parameter, segments, at + 1, method, values)
  if (behind === undefined) values.pop()
  return behind
}
