/** The runtime that runs this test, which is also the folder of its adapter. */
export const runtimeName: 'node' | 'bun' | 'deno' = 'Bun' in globalThis ? 'bun' : 'Deno' in globalThis ? 'deno' : 'node'
