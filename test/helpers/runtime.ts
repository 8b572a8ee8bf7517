import type { Runtime } from '../../adapters/runtime.ts'

/** The adapter of the runtime that runs this test. */
export async function currentRuntime(): Promise<Runtime> {
  if ('Bun' in globalThis) return (await import('../../adapters/bun/runtime.ts')).runtime
  if ('Deno' in globalThis) {
    // Computed, because the compiler does not know Deno's types.
    const path = '../../adapters/deno/runtime.ts'
    return ((await import(path)) as { runtime: Runtime }).runtime
  }
  return (await import('../../adapters/node/runtime.ts')).runtime
}
