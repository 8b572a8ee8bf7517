/** The runtime that runs this test, which is also the folder of its adapter. */
export const runtimeName = 'Bun' in globalThis ? 'bun' : 'Deno' in globalThis ? 'deno' : 'node'
